/* Operators' pages: artifacts are fetched when they are opened, and events are shown as they come. */
const MOST = 2000;

document.addEventListener("toggle", open, true);

async function open(event) {
  const details = event.target;
  if (!details.open || !details.dataset.object || details.dataset.read) return;
  details.dataset.read = "yes";
  if ("picture" in details.dataset) {
    const image = new Image();
    image.src = details.dataset.object;
    image.alt = "";
    details.append(image);
    return;
  }
  const shown = document.createElement("pre");
  shown.className = "document";
  shown.tabIndex = 0;
  try {
    const answer = await fetch(details.dataset.object, { cache: "no-store" });
    shown.textContent = answer.ok ? await answer.text() : `It is not there any more (${answer.status}).`;
  } catch {
    shown.textContent = "The network is away; close and open it again.";
    delete details.dataset.read;
  }
  details.append(shown);
}

const tail = document.getElementById("tail");
if (tail) follow();

function follow() {
  const state = document.getElementById("tail-state");
  const count = document.getElementById("tail-count");
  const pause = document.getElementById("tail-pause");
  const waiting = [];
  let shown = 0;
  let paused = false;
  const source = new EventSource(tail.dataset.stream);
  source.addEventListener("open", () => say("following"));
  source.addEventListener("error", () => say("away; it goes on by itself, and nothing is missed"));
  source.addEventListener("told", (message) => {
    waiting.push(...JSON.parse(message.data));
    if (!paused) draw();
    else say(`paused, ${waiting.length} wait`);
  });
  pause.addEventListener("click", () => {
    paused = !paused;
    pause.setAttribute("aria-pressed", String(paused));
    pause.textContent = paused ? "Go on" : "Pause";
    say(paused ? "paused" : "following");
    if (!paused) draw();
  });
  document.getElementById("tail-clear").addEventListener("click", () => tail.replaceChildren());

  function say(words) {
    state.textContent = words;
  }

  function draw() {
    const told = waiting.splice(0);
    shown += told.length;
    count.textContent = shown;
    const fragment = document.createDocumentFragment();
    for (const one of told.slice(-MOST).reverse()) fragment.append(line(one));
    tail.prepend(fragment);
    while (tail.childElementCount > MOST) tail.lastElementChild.remove();
  }
}

function line(one) {
  const item = document.createElement("li");
  const details = document.createElement("details");
  const summary = document.createElement("summary");
  const run = document.createElement("a");
  run.className = "mono";
  run.href = `/ops/runs/${encodeURIComponent(one.run)}`;
  run.textContent = `run ${one.run}`;
  summary.append(
    part("time", clock(one.time), "figure quiet"),
    part("span", one.service, `service ${/^[a-z]+$/.test(one.service) ? one.service : ""}`),
    part("b", one.subject, "mono"),
    part("bdi", one.login),
    part("span", one.run.slice(0, 8), "mono"),
    part("span", (one.tell === "0" ? "" : `tell ${one.tell}  `) + one.said, "tail-said"),
  );
  details.append(summary);
  details.addEventListener(
    "toggle",
    () => {
      const shown = part("pre", JSON.stringify(one.event, null, 2), "document");
      shown.tabIndex = 0;
      details.append(run, shown);
    },
    { once: true },
  );
  item.append(details);
  return item;
}

function part(tag, text, look = "") {
  const element = document.createElement(tag);
  element.textContent = text;
  if (look) element.className = look;
  return element;
}

function clock(time) {
  const moment = new Date(time);
  return Number.isNaN(moment.getTime()) ? time : moment.toISOString().slice(11, 23);
}
