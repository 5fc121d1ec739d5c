// What is marked data-show-once is gone when its page is left, so that the back button cannot bring it back.
addEventListener("pagehide", () => {
  for (const element of document.querySelectorAll("[data-show-once]")) element.remove();
});
