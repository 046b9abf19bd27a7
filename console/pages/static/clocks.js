// Moments count on in the browser, from the server's clock: `in 2:04`, `6:10 late`, `62 min`.
"use strict";

(() => {
  const MINUTES_UNTIL = 4 * 3600;
  let ahead = 0; // how far the server's clock is ahead of this device's, in milliseconds

  const counted = (seconds) => {
    if (seconds < 3600) return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    if (seconds < 2 * 86400) {
      return `${Math.floor(seconds / 3600)} h ${String(Math.floor((seconds % 3600) / 60)).padStart(2, "0")} min`;
    }
    return `${Math.floor(seconds / 86400)} days`;
  };

  const due = (milliseconds) => {
    const seconds = Math.floor(Math.abs(milliseconds) / 1000);
    return milliseconds >= 0 ? `in ${counted(seconds)}` : `${counted(seconds)} late`;
  };

  const since = (milliseconds) => {
    const seconds = Math.floor(Math.max(milliseconds, 0) / 1000);
    return seconds < MINUTES_UNTIL ? `${Math.floor(seconds / 60)} min` : counted(seconds);
  };

  const tick = () => {
    const now = Date.now() + ahead;
    for (const clock of document.querySelectorAll("time[data-counting]")) {
      const at = Date.parse(clock.dateTime);
      const words = clock.dataset.counting === "due" ? due(at - now) : since(now - at);
      if (clock.textContent !== words) clock.textContent = words;
    }
  };

  const follow = () => {
    const bar = document.querySelector("[data-now]");
    if (bar) ahead = Date.parse(bar.dataset.now) - Date.now();
    tick();
  };

  follow();
  setInterval(tick, 1000);
  document.addEventListener("htmx:afterSettle", follow);
  window.kapstan = { ...window.kapstan, due, since };
})();
