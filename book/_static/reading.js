// Remembers on the reader's own machine, and nowhere else, in which section of a chapter the reader
// was last (contents.js says so), offers it on the first page, and marks its chapter on the proof map.
(() => {
  const PLACE = "book-place";
  const page = location.pathname.split("/").pop();
  const stored = () => {
    try {
      return JSON.parse(localStorage.getItem(PLACE));
    } catch {
      return null;
    }
  };
  const read = (element) => element.textContent.replace(/#$/, "").trim();

  document.addEventListener("section-in-view", ({ detail: id }) => {
    const chapter = /^\d\d-/.test(page) && document.querySelector("article h1");
    const heading = document.getElementById(id)?.querySelector("h2, h3");
    if (!chapter || !heading) return;
    const place = { page, id, chapter: document.title.split(" — ")[0], section: read(heading) };
    localStorage.setItem(PLACE, JSON.stringify(place));
  });

  document.addEventListener("DOMContentLoaded", () => {
    const place = stored();
    if (!place) return;
    if (page === "index.html") {
      const line = document.createElement("p");
      const link = document.createElement("a");
      line.className = "continue-reading";
      link.href = `${place.page}#${place.id}`;
      link.textContent = `${place.chapter}: ${place.section}`;
      line.append("Continue where you stopped: ", link);
      document.querySelector("article h1")?.after(line);
    }
    const links = [...document.querySelectorAll(".proof-map a")];
    const row = links.find((link) => link.getAttribute("href").startsWith(`${place.page}#`));
    let chapter = row?.closest("li");
    while (chapter && !chapter.matches(".proof-map-chapter")) chapter = chapter.previousElementSibling;
    if (chapter) {
      const here = document.createElement("span");
      here.className = "proof-map-here";
      here.textContent = "you are here";
      chapter.append(" ", here);
    }
  });
})();
