/* Measures every visible run of text in the canvas: its box, its lines, its size, its colour, the
   element it belongs to. */
() => {
  const canvas = document.querySelector(".canvas").getBoundingClientRect();
  const walker = document.createTreeWalker(document.querySelector(".canvas"), NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) {
    const node = walker.currentNode;
    const element = node.parentElement;
    if (!node.textContent.trim() || element.offsetParent === null) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const boxes = [...range.getClientRects()].filter((box) => box.width > 0);
    if (boxes.length === 0) continue;
    const style = getComputedStyle(element);
    texts.push({
      text: node.textContent.trim().slice(0, 40),
      place: element.closest("[class]").className,
      size: parseFloat(style.fontSize),
      colour: style.color,
      left: Math.min(...boxes.map((box) => box.left)) - canvas.left,
      right: Math.max(...boxes.map((box) => box.right)) - canvas.left,
      top: Math.min(...boxes.map((box) => box.top)) - canvas.top,
      bottom: Math.max(...boxes.map((box) => box.bottom)) - canvas.top,
      lines: boxes.map((box) => [box.left - canvas.left, box.top - canvas.top, box.right - canvas.left, box.bottom - canvas.top]),
    });
  }
  return {
    texts,
    broken: [...document.fonts].filter((face) => face.status === "error").length,
    ready: document.documentElement.dataset.ready,
  };
}
