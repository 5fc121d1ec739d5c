// Loaded on every page, after htmx. Each behaviour is a file of its own, hooked on data- attributes.
import "./toast.js";
import "./dialog.js";
import "./menu.js";
import "./tabs.js";
import "./palette.js";
import "./shortcuts.js";
import "./theme.js";
import "./drawer.js";
import "./confirm.js";
import "./auto-submit.js";
import "./unsaved.js";
import "./copy.js";
import "./pick-all.js";
import "./enhance-select.js";
import "./request-errors.js";
import "./request-progress.js";
import "./csrf.js";
