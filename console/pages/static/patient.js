// How a patient is, on a page's own link: where that cannot be asked for anew it says since when it may be old, and its
// clocks stand still. What was last known stays, and so does what somebody is choosing.
"use strict";

(() => {
  const link = document.getElementById("link");
  let contact = Date.now(); // when the console last answered

  const tell = (state, words) => {
    if (link.dataset.state === state) return;
    link.dataset.state = state;
    link.textContent = words;
  };

  for (const failed of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
    document.addEventListener(failed, () => {
      tell("lost", `Not connected since ${kapstan.at(contact)}: what you see may be old. Trying again.`);
    });
  }
  document.addEventListener("htmx:afterSwap", () => {
    contact = Date.now();
    tell("live", "");
  });

  const isBeingChosen = (node) => node.matches("form") && node.closest("details")?.open;

  Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, node) => !(name === "open" && node.matches("details"));
  Idiomorph.defaults.callbacks.beforeNodeMorphed = (old, fresh) => {
    if (old.nodeType !== 1) return true;
    if (old.id === "patient" && "unknown" in fresh.dataset && !("unknown" in old.dataset)) {
      if (!old.querySelector(".notice")) old.prepend(fresh.querySelector(".notice").cloneNode(true));
      return false;
    }
    return !isBeingChosen(old);
  };
})();
