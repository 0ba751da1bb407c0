/** What a designer would send back: texts over each other, things that stick out, targets too small for a finger. */
(fingerPx) => {
  const found = [];
  const root = document.documentElement;
  const isFixed = (element) => {
    const bar = element.closest(".navigation");
    return bar !== null && getComputedStyle(bar).position === "fixed";
  };
  const isShown = (element) =>
    element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) &&
    !element.closest(".visually-hidden, .skip, noscript, select, script, style") &&
    !isFixed(element);

  /** The box of the nearest ancestor that cuts off or scrolls what is inside. */
  function frameOf(element) {
    for (let up = element; up && up !== root && up !== document.body; up = up.parentElement) {
      const { overflowX, overflowY } = getComputedStyle(up);
      if (overflowX !== "visible" || overflowY !== "visible") return up.getBoundingClientRect();
    }
    return null;
  }

  function textsOf(node) {
    const range = document.createRange();
    range.selectNodeContents(node);
    const frame = frameOf(node.parentElement);
    const isInside = (box) =>
      !frame || (box.left < frame.right && box.right > frame.left && box.top < frame.bottom && box.bottom > frame.top);
    return [...range.getClientRects()]
      .filter((box) => box.width >= 1 && isInside(box))
      .map((box) => ({ node, box, frame, text: node.textContent.trim() }));
  }

  const texts = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode())
    if (node.textContent.trim() && isShown(node.parentElement)) texts.push(...textsOf(node));

  if (root.scrollWidth > root.clientWidth)
    found.push(`wider than the screen: ${root.scrollWidth} of ${root.clientWidth} px`);
  for (const [place, one] of texts.entries()) {
    if (!one.frame && (one.box.left < -1 || one.box.right > root.clientWidth + 1))
      found.push(`"${one.text}" sticks out of the screen`);
    for (const other of texts.slice(place + 1)) {
      const width = Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left);
      const height = Math.min(one.box.bottom, other.box.bottom) - Math.max(one.box.top, other.box.top);
      if (one.node !== other.node && width > 1 && height > 0.35 * Math.min(one.box.height, other.box.height))
        found.push(`"${one.text}" and "${other.text}" lie on each other`);
    }
  }

  const targets = "button, select, summary, input:not([type=radio], [type=checkbox]), nav a, [role=tab]";
  for (const target of document.querySelectorAll(targets)) {
    if (!target.checkVisibility() || target.closest(".visually-hidden")) continue;
    const { width, height } = target.getBoundingClientRect();
    const name = target.textContent.trim().slice(0, 30) || target.ariaLabel || target.className;
    if (Math.min(width, height) < fingerPx - 0.5)
      found.push(`too small for a finger: ${target.localName} "${name}", ${width.toFixed(0)} x ${height.toFixed(0)} px`);
  }
  return found;
};
