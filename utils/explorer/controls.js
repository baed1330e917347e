/* Reads and sets the controls of one explorer, whichever face it is. */
const explorerControls = (figure, moved) => {
  const groups = [...figure.querySelectorAll(".explorer-control")];
  const controls = groups.map((group) => {
    const slider = group.querySelector("input[type=range]");
    const buttons = [...group.querySelectorAll("input[type=radio]")];
    const texts = JSON.parse(group.dataset.texts);
    const keys = JSON.parse(group.dataset.keys);
    const output = group.querySelector("output");
    return {
      name: group.dataset.name,
      keys,
      get at() {
        return slider ? +slider.value : buttons.findIndex((button) => button.checked);
      },
      set at(index) {
        if (slider) {
          slider.value = index;
        } else {
          buttons[index].checked = true;
        }
      },
      tell() {
        if (slider) {
          output.textContent = texts[this.at];
          slider.setAttribute("aria-valuetext", texts[this.at]);
        }
      },
    };
  });
  const link = figure.querySelector(".explorer-number");
  const move = () => {
    controls.forEach((control) => control.tell());
    if (link) {
      const place = controls.map((control) => control.name + "=" + control.keys[control.at]);
      link.setAttribute("href", "#" + [figure.id, ...place].join(";"));
    }
    moved(controls.map((control) => control.at));
  };
  groups.forEach((group) => group.addEventListener("input", move));
  return { controls, move };
};
