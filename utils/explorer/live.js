/* The live face: every move is sent to the kernel, which answers with the groups that changed. */
export default {
  render({ model, el }) {
    el.innerHTML = model.get("markup");
    const figure = el.querySelector("figure.explorer");
    const svg = figure.querySelector("svg");
    const reading = figure.querySelector(".explorer-reading > span");
    const button = figure.querySelector(".explorer-draw-again");
    const send = (places) => {
      model.set("places", places);
      model.save_changes();
    };
    const face = explorerControls(figure, send);
    const show = () => {
      const frame = model.get("frame");
      if (frame.reading === undefined) {
        return;
      }
      svg.querySelector("defs").innerHTML = frame.definitions;
      for (const [id, content] of Object.entries(frame.groups)) {
        svg.querySelector("#" + id).innerHTML = content;
      }
      reading.textContent = frame.reading;
    };
    model.get("places").forEach((at, k) => {
      face.controls[k].at = at;
      face.controls[k].tell();
    });
    show();
    model.on("change:frame", show);
    if (button) {
      button.addEventListener("click", () => {
        model.set("draw", model.get("draw") + 1);
        model.save_changes();
      });
    }
    return () => model.off("change:frame", show);
  },
};
