// On a wall each column says how many of its courses are not on the screen: "+3".
"use strict";

(() => {
  const count = () => {
    for (const column of document.querySelectorAll(".column[data-courses]")) {
      const cards = Array.from(column.querySelectorAll(".card"));
      const edge = column.getBoundingClientRect().right;
      const shown = cards.filter((card) => card.getBoundingClientRect().left < edge).length;
      const more = Number(column.dataset.courses) - shown;
      const words = more > 0 ? `+${more}` : "";
      const told = column.querySelector(".more");
      if (told.textContent !== words) told.textContent = words;
    }
  };

  document.addEventListener("htmx:afterSwap", count);
  addEventListener("resize", count);
  count();
})();
