// Moments count on in the browser, from the server's clock: `in 2:04`, `6 min late`, `62 min`. They stop while the page may be old.
"use strict";

(() => {
  const MINUTES_UNTIL = 4 * 3600;
  const HAND = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  let ahead = 0; // how far the server's clock is ahead of this device's, in milliseconds

  const counted = (seconds) => {
    if (seconds < 3600) return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    if (seconds < 2 * 86400) {
      return `${Math.floor(seconds / 3600)} h ${String(Math.floor((seconds % 3600) / 60)).padStart(2, "0")} min`;
    }
    return `${Math.floor(seconds / 86400)} days`;
  };

  const late = (seconds) => {
    if (seconds < 60) return "due now";
    return `${seconds < 3600 ? `${Math.floor(seconds / 60)} min` : counted(seconds)} late`;
  };

  const due = (milliseconds) => {
    const seconds = Math.floor(Math.abs(milliseconds) / 1000);
    return milliseconds >= 0 ? `in ${counted(seconds)}` : late(seconds);
  };

  const since = (milliseconds) => {
    const seconds = Math.floor(Math.max(milliseconds, 0) / 1000);
    return seconds < MINUTES_UNTIL ? `${Math.floor(seconds / 60)} min` : counted(seconds);
  };

  const hand = (timeZone) => new Intl.DateTimeFormat("en-GB", { ...HAND, timeZone });
  let wall = hand("UTC"); // the site's clock

  // A moment of this device on the site's wall clock.
  const at = (milliseconds) => wall.format(milliseconds + ahead);

  const mayBeOld = () => document.getElementById("link")?.dataset.state === "lost";

  const tick = () => {
    for (const clock of document.querySelectorAll("time[data-wall-clock]")) clock.textContent = at(Date.now());
    if (mayBeOld()) return;
    const now = Date.now() + ahead;
    for (const clock of document.querySelectorAll("time[data-counting]")) {
      const moment = Date.parse(clock.dateTime);
      const words = clock.dataset.counting === "due" ? due(moment - now) : since(now - moment);
      if (clock.textContent !== words) clock.textContent = words;
    }
  };

  const follow = () => {
    const bar = document.querySelector("[data-now]");
    if (bar) {
      ahead = Date.parse(bar.dataset.now) - Date.now();
      try {
        wall = hand(bar.dataset.zone);
      } catch {
        wall = hand(undefined); // a zone that this browser does not know yet: by the device's clock
      }
    }
    tick();
  };

  follow();
  setInterval(tick, 1000);
  document.addEventListener("htmx:afterSettle", follow);
  window.kapstan = { ...window.kapstan, due, since, at, now: () => Date.now() + ahead };
})();
