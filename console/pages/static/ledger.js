// `#at=09:26` opens the ledger at the entry that is nearest to that time of the site's clock; `#at=2026-11-29T09:26` says the day.
"use strict";

(() => {
  const MINUTES_OF = /^(?:(\d{4}-\d{2}-\d{2})T)?([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$/;

  // How far an entry is from what is looked for, in seconds; of a time without a day, from that time on the entry's own day.
  const distance = (row, [, day, hours, minutes, seconds]) => {
    const at = Date.parse(`${row.dataset.at}Z`);
    const wanted = Date.parse(`${day ?? row.dataset.at.slice(0, 10)}T${hours}:${minutes}:${seconds ?? "00"}Z`);
    return Math.abs(at - wanted) / 1000;
  };

  const jump = () => {
    const wanted = MINUTES_OF.exec(new URLSearchParams(location.hash.slice(1)).get("at") ?? "");
    const rows = Array.from(document.querySelectorAll("#entries [data-at]"));
    if (!wanted || !rows.length || Number.isNaN(distance(rows[0], wanted))) return; // no such time, or no such day
    document.getElementById("entries").open = true;
    const nearest = rows.reduce((best, row) => (distance(row, wanted) < distance(best, wanted) ? row : best));
    rows.forEach((row) => row.classList.toggle("here", row === nearest));
    nearest.querySelector("details").open = true;
    nearest.scrollIntoView({ block: "center" });
    nearest.focus({ preventScroll: true });
  };

  document.addEventListener("change", (event) => {
    if (event.target.id === "jump" && event.target.value) location.hash = `at=${event.target.value}`;
  });
  addEventListener("hashchange", jump);
  jump();
})();
