/* A card leans towards the pointer and shines; buttons copy what stands beside them. */
const still = matchMedia("(prefers-reduced-motion: reduce)");
const LEAN = 11;

document.querySelectorAll("[data-tilt]").forEach((card) => {
  card.addEventListener("pointermove", (event) => {
    if (still.matches || event.pointerType === "touch") return;
    const box = card.getBoundingClientRect();
    const across = (event.clientX - box.left) / box.width;
    const down = (event.clientY - box.top) / box.height;
    card.classList.add("leaning");
    lean(card, (0.5 - down) * LEAN, (across - 0.5) * LEAN, across, down, 0.7);
  });
  card.addEventListener("pointerleave", () => {
    card.classList.remove("leaning");
    lean(card, 0, 0, 0.5, 0.2, 0);
  });
});

function lean(card, x, y, across, down, shine) {
  const now = {
    "--lean-x": x.toFixed(2),
    "--lean-y": y.toFixed(2),
    "--shine-x": `${(across * 100).toFixed(1)}%`,
    "--shine-y": `${(down * 100).toFixed(1)}%`,
    "--shine": shine,
  };
  for (const [name, value] of Object.entries(now)) card.style.setProperty(name, value);
}

const here = document.querySelector(".tabs [aria-current]");
if (here) here.closest("ul").scrollLeft = here.offsetLeft - 24;

if (navigator.clipboard) document.querySelectorAll("[data-copy]").forEach(offer);

function offer(button) {
  const before = [...button.childNodes];
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.classList.add("done");
    button.textContent = "Copied";
    setTimeout(() => {
      button.classList.remove("done");
      button.replaceChildren(...before);
    }, 1600);
  });
}
