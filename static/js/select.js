// The searchable select: tom-select with its options read from the <select>, or fetched from data-select-url.
import TomSelect from "tom-select/base";
import removeButton from "tom-select/plugins/remove_button/plugin.js";
import { say } from "./words.js";

TomSelect.define("remove_button", removeButton);

async function fetchOptions(url, query, done) {
  const address = new URL(url, location.href);
  address.searchParams.set("q", query);
  const response = await fetch(address, { headers: { Accept: "application/json" } });
  done(response.ok ? (await response.json()).results : []);
}

window.lrsEnhanceSelect = (select) => {
  select.setAttribute("aria-hidden", "true");
  const url = select.dataset.selectUrl;
  new TomSelect(select, {
    plugins: select.multiple ? { remove_button: { title: say("remove") } } : {},
    maxOptions: 200,
    refreshThrottle: 0, // Enter right after typing must choose what was typed
    hidePlaceholder: true,
    valueField: "value",
    labelField: "text",
    searchField: ["text"],
    closeAfterSelect: !select.multiple,
    load: url ? (query, done) => fetchOptions(url, query, done) : null,
    render: {
      no_results: ({ input }, escape) => `<div class="no-results">${escape(say("no_results", { query: input }))}</div>`,
    },
  });
};
