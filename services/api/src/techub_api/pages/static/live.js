/* Follows runs: whenever a story grows, the page is read again and what changed is swapped in. */
const KINDS = ["started", "step", "picture", "ended"];
const GATHER = 60;
const MOST = 3; // a browser opens few connections to one place

const live = document.getElementById("live");
let reading = false;
let grown = false;
let startedAt = null;

if (live) {
  [...document.querySelectorAll("[data-events]")].slice(0, MOST).forEach(follow);
  wind();
  setInterval(tick, 1000);
}

function follow(story) {
  const last = Number(story.dataset.lastLine);
  const source = new EventSource(story.dataset.events);
  const heard = (event) => {
    if (Number(event.lastEventId) > last) read();
  };
  KINDS.forEach((kind) => source.addEventListener(kind, heard));
  source.addEventListener("changed", read);
  source.addEventListener("end", () => {
    source.close();
    read();
  });
}

/* Reads the page again, once for all the lines that arrive together. */
async function read() {
  grown = true;
  if (reading) return;
  reading = true;
  try {
    while (grown) {
      await new Promise((resolve) => setTimeout(resolve, GATHER));
      grown = false;
      const page = await newest();
      if (page) show(page);
    }
  } finally {
    reading = false;
  }
}

/* Gives nothing while the network is away: the next line of the story tries again. */
async function newest() {
  try {
    const answer = await fetch(location.pathname + location.search, { cache: "no-store", headers: { Accept: "text/html" } });
    return answer.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
  } catch {
    return null;
  }
}

function show(next) {
  document.title = next.title;
  live.className = next.getElementById("live").className;
  for (const part of live.querySelectorAll("[data-live]")) {
    const newer = next.querySelector(`[data-live="${part.dataset.live}"]`);
    if (newer) patch(part, newer);
  }
  wind();
}

/* Makes a node like the next one and leaves alone whatever is the same, so nothing blinks;
   what somebody opened or closed stays so. */
function patch(now, next) {
  if (now.isEqualNode(next)) return;
  if (!same(now, next)) {
    now.replaceWith(document.importNode(next, true));
    return;
  }
  for (const { name } of [...now.attributes]) if (!next.hasAttribute(name) && name !== "open") now.removeAttribute(name);
  for (const { name, value } of next.attributes) if (now.getAttribute(name) !== value && name !== "open") now.setAttribute(name, value);
  const pairs = [...next.childNodes];
  [...now.childNodes].forEach((child, place) => patch(child, pairs[place]));
}

function same(now, next) {
  return (
    now.nodeType === Node.ELEMENT_NODE &&
    now.nodeName === next.nodeName &&
    now.dataset.key === next.dataset.key &&
    now.childNodes.length === next.childNodes.length
  );
}

function wind() {
  const clock = live.querySelector("[data-elapsed]");
  startedAt = clock && performance.now() - Number(clock.dataset.elapsed);
  tick();
}

function tick() {
  const clock = live.querySelector("[data-elapsed]");
  if (clock) clock.textContent = `${Math.floor((performance.now() - startedAt) / 1000)} s`;
}
