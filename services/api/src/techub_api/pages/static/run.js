/* Follows a run: whenever its story grows, the page is read again and what changed is swapped in. */
const KINDS = ["started", "step", "picture", "ended"];
const GATHER = 60;

const run = document.getElementById("run");
let reading = false;
let grown = false;
let startedAt = null;

if (run && run.dataset.events) follow();

function follow() {
  const last = Number(run.dataset.lastLine);
  const source = new EventSource(run.dataset.events);
  const heard = (event) => {
    if (Number(event.lastEventId) > last) read();
  };
  KINDS.forEach((kind) => source.addEventListener(kind, heard));
  source.addEventListener("end", () => {
    source.close();
    read();
  });
  wind();
  setInterval(tick, 1000);
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
    const answer = await fetch(location.pathname, { cache: "no-store", headers: { Accept: "text/html" } });
    return answer.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
  } catch {
    return null;
  }
}

function show(next) {
  document.title = next.title;
  run.className = next.getElementById("run").className;
  for (const part of run.querySelectorAll("[data-live]")) {
    patch(part, next.querySelector(`[data-live="${part.dataset.live}"]`));
  }
  wind();
}

/* Makes a node like the next one and leaves alone whatever is the same, so nothing blinks. */
function patch(now, next) {
  if (now.isEqualNode(next)) return;
  if (!same(now, next)) {
    now.replaceWith(document.importNode(next, true));
    return;
  }
  for (const { name } of [...now.attributes]) if (!next.hasAttribute(name)) now.removeAttribute(name);
  for (const { name, value } of next.attributes) if (now.getAttribute(name) !== value) now.setAttribute(name, value);
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
  const clock = run.querySelector("[data-elapsed]");
  startedAt = clock && performance.now() - Number(clock.dataset.elapsed);
  tick();
}

function tick() {
  const clock = run.querySelector("[data-elapsed]");
  if (clock) clock.textContent = `${Math.floor((performance.now() - startedAt) / 1000)} s`;
}
