// Marks where the reader is in the list of contents. Bootstrap's own way asks every section for its
// place as the page loads, which lays out the whole page at once; this one waits for each to be seen.
document.addEventListener("DOMContentLoaded", () => {
  const links = new Map(
    [...document.querySelectorAll(".bd-toc-nav a[href^='#']")].map((link) => [
      decodeURIComponent(link.hash.slice(1)),
      link,
    ]),
  );
  const seen = new Set();
  const mark = () => {
    // The last of those in view that the page lists, so that a part counts before its whole.
    const here = [...links.keys()].filter((id) => seen.has(id)).at(-1);
    links.forEach((link, id) => {
      const section = document.getElementById(id);
      const inside = here && section?.contains(document.getElementById(here));
      link.classList.toggle("active", Boolean(inside));
      link.parentElement.classList.toggle("active", Boolean(inside));
      if (id === here) link.setAttribute("aria-current", "location");
      else link.removeAttribute("aria-current");
    });
  };
  const watcher = new IntersectionObserver(
    (entries) => {
      entries.forEach(({ target, isIntersecting }) => {
        if (isIntersecting) seen.add(target.id);
        else seen.delete(target.id);
      });
      mark();
    },
    { rootMargin: "0px 0px -60%" },
  );
  links.forEach((_, id) => {
    const section = document.getElementById(id);
    if (section) watcher.observe(section);
  });
});
