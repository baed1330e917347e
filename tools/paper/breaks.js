// Lay each article out in columns of the size of a page, and mend how they break; see breaks.py.
({ width, height, blank, smaller, pulled }) => {
  const GAP = 40;
  const TITLES = "h1, h2, h3, h4, .replies-title, .admonition-title, .fold-title";
  const BLOCKS = "p, li, dd, dt, tr, pre, figure, div.math, h1, h2, h3, h4";
  const columns = document.createElement("style");
  columns.textContent =
    `article { width: ${width}px; height: ${height}px; columns: auto ${width}px;` +
    ` column-gap: ${GAP}px; column-fill: auto; }` +
    " .new-page { break-before: column !important; }";

  // The box of the first or last thing that is seen in a node.
  const seen = (node, atEnd = false) => {
    const range = document.createRange();
    const walk = document.createTreeWalker(node, NodeFilter.SHOW_ALL);
    let found = null;
    for (let one = walk.currentNode; one; one = walk.nextNode()) {
      if (one.nodeName !== "IMG" && !(one.nodeType === Node.TEXT_NODE && one.data.trim())) continue;
      range.selectNode(one);
      const boxes = [...range.getClientRects()].filter((box) => box.width && box.height);
      found = boxes.at(atEnd ? -1 : 0) ?? found;
      if (found && !atEnd) break;
    }
    return found;
  };
  const columnOf = (article, box) =>
    Math.floor((box.left - article.getBoundingClientRect().left + 1) / (width + GAP));
  const isEmpty = (node) => !seen(node);

  // What stands before or after a node, wherever in the tree; null at the edge of the article.
  const beside = (node, which) => {
    let one = node;
    for (;;) {
      const next = one[which];
      if (next && !isEmpty(next)) return next;
      one = next ?? one.parentElement;
      if (!next && one.tagName === "ARTICLE") return null;
    }
  };
  // A title with the titles that stand directly above it, and the box that it opens.
  const head = (title) => {
    let top = title;
    for (;;) {
      const above = beside(top, "previousElementSibling");
      if (above?.matches(TITLES)) top = above;
      else break;
    }
    const box = top.closest(".admonition, .replies, .fold");
    return box && seen(box).top === seen(top).top ? box : top;
  };
  const isLone = (article, title) => {
    const next = beside(title, "nextElementSibling");
    const [own, first] = [seen(title, true), next && seen(next)];
    return own && first && columnOf(article, first) > columnOf(article, own);
  };

  const whole = (figure) => {
    let block = figure;
    while (block.parentElement.matches("div") && block.parentElement.children.length === 1)
      block = block.parentElement;
    return block;
  };
  const spaceAbove = (article, block) => {
    const above = beside(block, "previousElementSibling");
    if (!above || above.matches(TITLES)) return 0;
    const [end, own] = [seen(above, true), seen(block)];
    if (columnOf(article, own) === columnOf(article, end)) return 0;
    return 1 - (end.bottom - article.getBoundingClientRect().top) / height;
  };
  const isText = (node) => node?.matches("p, ul:not(.choices), ol, div.math:not(:has(.eqno))");
  // A paragraph with the formula or list that it announces.
  const paragraph = (node) => {
    const found = [];
    for (let one = node; isText(one); one = one.nextElementSibling) {
      found.push(one);
      const next = one.nextElementSibling;
      const goesOn = one.tagName !== "P" || !/[.)?]\s*$/.test(one.textContent);
      if (!goesOn && !next?.matches("div.math, ul, ol, table, .pst-scrollable-table-container"))
        return found;
    }
    return [];
  };
  const place = (article, figure) => {
    const block = whole(figure);
    if (spaceAbove(article, block) < blank) return;
    for (const scale of smaller) {
      figure.style.setProperty("--scale", scale);
      if (spaceAbove(article, block) === 0) return;
    }
    figure.style.removeProperty("--scale");
    for (let count = 0; count < pulled && spaceAbove(article, block) >= blank / 2; count += 1) {
      const text = paragraph(block.nextElementSibling);
      if (!text.length) return;
      block.before(...text);
    }
  };

  // The blank share at the foot of each page but the last, and the titles that stand alone.
  const survey = (article) => {
    const feet = [];
    article.querySelectorAll(BLOCKS).forEach((block) => {
      for (const box of block.getClientRects()) {
        const [column, top] = [columnOf(article, box), article.getBoundingClientRect().top];
        feet[column] = Math.max(feet[column] ?? 0, box.bottom - top);
      }
    });
    return {
      blank: [...feet].slice(0, -1).map((foot) => 1 - (foot ?? 0) / height),
      lone: [...article.querySelectorAll(TITLES)]
        .filter((title) => isLone(article, title))
        .map((title) => title.textContent),
    };
  };

  document.head.append(columns);
  const found = {};
  for (const article of document.querySelectorAll("article")) {
    article.querySelectorAll(`${TITLES}, figure`).forEach((one) => {
      if (one.matches("figure")) place(article, one);
      else if (isLone(article, one)) head(one).classList.add("new-page");
    });
    found[article.id.slice("part-".length)] = survey(article);
  }
  columns.remove();
  return found;
};
