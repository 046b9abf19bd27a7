// A wall that was asked to gives a tone and a notification for each new emergency, once, and says where its browser keeps it from that.
"use strict";

(() => {
  const ON = "kapstan-alarm";
  const TOLD = "kapstan-alarm-told"; // the emergencies that this screen knows of, across reloads
  const MOST_TOLD = 500;
  const BEEPS = [0, 0.35, 0.7]; // seconds after which each begins
  const LASTS = 0.22;
  const PITCHES = [880, 660]; // hertz
  const LOUD = 0.5;
  const SILENT = 0.0001;
  let audio = null; // made by a touch, or else it may not sound

  const isOn = () => localStorage.getItem(ON) !== null;
  const isHeard = () => audio?.state === "running";
  const isShown = () => window.Notification?.permission === "granted";

  const emergencies = () => (document.querySelector("[data-emergencies]")?.dataset.emergencies ?? "").split(" ").filter(Boolean);

  // Those that this screen has not told of yet; from now on it has.
  const news = () => {
    const told = JSON.parse(localStorage.getItem(TOLD) ?? "[]");
    const fresh = emergencies().filter((id) => !told.includes(id));
    if (fresh.length) localStorage.setItem(TOLD, JSON.stringify([...told, ...fresh].slice(-MOST_TOLD)));
    return fresh;
  };

  const beep = (at, pitch) => {
    const [tone, volume] = [audio.createOscillator(), audio.createGain()];
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(SILENT, at);
    volume.gain.exponentialRampToValueAtTime(LOUD, at + LASTS / 4);
    volume.gain.exponentialRampToValueAtTime(SILENT, at + LASTS);
    tone.connect(volume).connect(audio.destination);
    tone.start(at);
    tone.stop(at + LASTS);
  };

  const sound = () => {
    BEEPS.forEach((after, place) => beep(audio.currentTime + after, PITCHES[place % PITCHES.length]));
  };

  const notify = (id) => {
    const words = document.getElementById(`need-${id}`)?.querySelector(".what").textContent.replace(/\s+/g, " ").trim();
    try {
      new Notification("Emergency", { body: words ?? "Somebody is needed now", tag: id, requireInteraction: true });
    } catch {
      // a browser that takes notifications only of a page's helper: the tone and the wall remain
    }
  };

  const keptBack = () => {
    if (!isOn()) return "";
    const silent = isHeard() ? "" : "This screen makes no sound: its browser wants it touched once.";
    const unseen = isShown() ? "" : "It shows no notifications: its browser does not allow them here.";
    return [silent, unseen].filter(Boolean).join(" ");
  };

  const show = () => {
    const button = document.getElementById("alarm");
    const said = document.getElementById("alarm-said");
    if (!button) return; // whoever looks is shown no emergencies
    button.hidden = false;
    button.setAttribute("aria-pressed", isOn());
    const words = !isOn() ? "Alarm off" : isHeard() ? "Alarm on" : "Alarm silent";
    if (button.textContent !== words) button.textContent = words;
    said.hidden = !keptBack();
    if (said.textContent !== keptBack()) said.textContent = keptBack();
  };

  const look = () => {
    // What is neither heard nor shown is not told yet: it is as soon as it may be.
    if (isOn() && (isHeard() || isShown())) {
      const fresh = news();
      if (fresh.length && isHeard()) sound();
      if (isShown()) fresh.forEach(notify);
    }
    show();
  };

  const begin = () => {
    if (!window.AudioContext) return;
    audio ??= new AudioContext();
    audio.onstatechange = look;
  };

  const turn = async () => {
    if (isOn()) {
      localStorage.removeItem(ON);
      show();
      return;
    }
    localStorage.setItem(ON, "");
    news(); // what stands on the wall already is seen
    begin();
    show();
    await audio?.resume();
    if (isHeard()) sound(); // so that whoever turns it on hears how loud it is
    await window.Notification?.requestPermission();
    show();
  };

  document.addEventListener("click", (event) => {
    if (event.target.closest("#alarm")) turn();
    else if (isOn()) audio?.resume(); // a touch anywhere is what the browser waits for
  });
  document.addEventListener("htmx:afterSwap", look);
  if (isOn()) begin();
  look();
})();
