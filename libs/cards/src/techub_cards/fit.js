/* Makes every element marked data-fit hold its text, then marks the document ready.
 *
 * data-fit="one"    one line; shrinks to data-min of its size, then gives up words
 * data-fit="lines"  one line while it stays above data-one of its size, else up to data-lines
 *                   balanced lines, shrinking to data-min, then gives up words
 *
 * An image that cannot be decoded gives way to the element that stands hidden after it.
 *
 * data-wrap         the share of its size at which a text of several lines may start
 * data-spare        a child of a data-stack that leaves, highest number first, when the stack is full
 *
 * A text that is one long word shrinks to the smallest legible size, breaks where it may have several
 * lines and gains much by it, and only then loses letters.
 */
(async () => {
  const root = document.documentElement;
  const legible = Math.max(11, 2 * parseFloat(getComputedStyle(root).fontSize));
  const worthReading = 12;
  const almostAsLarge = 0.6;
  const ellipsis = "\u2026";

  void document.body.offsetWidth;
  const giveUpPicture = (image) => {
    image.hidden = true;
    if (image.nextElementSibling) image.nextElementSibling.hidden = false;
  };
  const pictures = [...document.images].map((image) => image.decode().catch(() => giveUpPicture(image)));
  await Promise.all([document.fonts.ready, ...pictures]);

  const number = (element, name, otherwise) => Number(element.dataset[name] ?? otherwise);

  const boxes = [...document.querySelectorAll("[data-fit]")].map((element) => {
    const style = getComputedStyle(element);
    const size = parseFloat(style.fontSize);
    return {
      element,
      text: element.textContent,
      size,
      leading: parseFloat(style.lineHeight) / size,
      lines: element.dataset.fit === "one" ? 1 : number(element, "lines", 2),
      one: number(element, "one", 0.8),
      wrap: number(element, "wrap", 1),
      min: Math.min(1, Math.max(number(element, "min", 0.7), legible / size)),
    };
  });

  const setSize = (box, scale) => {
    box.scale = scale;
    box.element.style.fontSize = `${(box.size * scale).toFixed(2)}px`;
  };

  const fits = (box, lines) => {
    const { element } = box;
    const tallest = lines * box.size * box.scale * box.leading;
    return element.scrollWidth <= element.clientWidth + 0.5 && element.offsetHeight <= tallest + 1.5;
  };

  const largest = (box, lines, low) => {
    let high = box.scale;
    while (high - low > 0.015) {
      const middle = (low + high) / 2;
      setSize(box, middle);
      if (fits(box, lines)) low = middle;
      else high = middle;
    }
    setSize(box, low);
    return fits(box, lines);
  };

  const pieces = (text, granularity) =>
    [...new Intl.Segmenter(undefined, { granularity }).segment(text.trim())].map((piece) => piece.segment);

  const cut = (box, granularity, fewest) => {
    const parts = pieces(box.text, granularity);
    const upTo = (count) => {
      const start = parts.slice(0, count).join("").trim();
      return start.replace(/[\p{P}\s]+$/u, "") || start;
    };
    let low = 0;
    let high = parts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      box.element.textContent = upTo(middle) + ellipsis;
      if (fits(box, box.lines)) low = middle;
      else high = middle - 1;
    }
    const kept = upTo(low);
    const enough = kept.length >= fewest;
    box.element.textContent = enough ? kept + ellipsis : box.text;
    return enough && fits(box, box.lines);
  };

  const giveUpWords = (box) => {
    setSize(box, box.min);
    if (cut(box, "word", Math.min(worthReading, box.text.length * 0.3))) return;
    const lowest = Math.min(box.min, legible / box.size);
    if (box.lines > 1) {
      box.element.style.overflowWrap = "anywhere";
      largest(box, box.lines, lowest);
      if (box.ratio >= Math.max(lowest, box.scale * almostAsLarge)) {
        box.element.style.whiteSpace = "nowrap";
        setSize(box, box.ratio * 0.99);
      }
    }
    if (fits(box, box.lines) || largest(box, box.lines, lowest)) return;
    cut(box, "grapheme", 1);
  };

  for (const box of boxes) box.element.style.whiteSpace = "nowrap";
  for (const box of boxes) {
    box.scale = 1;
    box.width = box.element.scrollWidth;
    box.room = box.element.clientWidth;
  }

  for (const box of boxes) {
    box.ratio = box.width > box.room ? (box.room - 0.5) / box.width : 1;
    const lowest = box.lines > 1 ? box.one : box.min;
    if (box.ratio >= 1) continue;
    if (box.ratio >= lowest) {
      setSize(box, box.ratio);
      if (fits(box, 1) || largest(box, 1, box.ratio * 0.94)) continue;
    }
    if (box.lines > 1) {
      box.element.style.whiteSpace = "normal";
      setSize(box, box.wrap);
      box.wraps = true;
      continue;
    }
    giveUpWords(box);
  }

  const held = boxes.map((box) => !box.wraps || fits(box, box.lines));
  for (const [index, box] of boxes.entries()) {
    if (held[index] || largest(box, box.lines, box.min)) continue;
    giveUpWords(box);
  }

  const full = (stack) => {
    const end = stack.getBoundingClientRect().bottom - parseFloat(getComputedStyle(stack).paddingBottom);
    return [...stack.children].some(
      (child) =>
        getComputedStyle(child).position !== "absolute" && child.getBoundingClientRect().bottom > end + 1,
    );
  };
  const spareness = (child) => Number(child.dataset.spare);
  const stacks = [...document.querySelectorAll("[data-stack]")];
  for (const stack of stacks) {
    const spare = [...stack.querySelectorAll("[data-spare]")];
    spare.sort((one, other) => spareness(other) - spareness(one));
    for (const child of spare) {
      if (!full(stack)) break;
      child.hidden = true;
    }
  }

  const drawn = document.querySelector(".canvas");
  const canvas = drawn.getBoundingClientRect();
  const blank = !drawn.innerText.trim() && !drawn.querySelector("svg, img:not([hidden])");
  const overflows = boxes
    .filter((box) => {
      if (box.element.offsetParent === null) return false;
      const rectangle = box.element.getBoundingClientRect();
      return (
        !fits(box, box.lines) ||
        rectangle.right > canvas.right + 1 ||
        rectangle.bottom > canvas.bottom + 1
      );
    })
    .map((box) => `${box.element.className}: ${box.text.slice(0, 60)}`)
    .concat(stacks.filter(full).map((stack) => `${stack.className}: full`));

  root.dataset.ready = root.dataset.variant;
  return { ready: root.dataset.variant, overflows, blank };
})()
