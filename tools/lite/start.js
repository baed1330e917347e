// Nothing is asked of another host before the button is pressed; if that host does not answer, the
// page says so, rather than open a JupyterLab whose Python never starts.
(() => {
  const PYODIDE = "{pyodide}";
  const WAIT = 20_000; // ms
  const said = document.querySelector("#said");
  const button = document.querySelector("#start");
  document.querySelector("#host").textContent = new URL(PYODIDE).host;
  button.addEventListener("click", async () => {
    button.disabled = true;
    said.textContent = "Asking for Python …";
    try {
      const answer = await fetch(PYODIDE, { method: "HEAD", signal: AbortSignal.timeout(WAIT) });
      if (!answer.ok) {
        throw new Error(`it answered ${answer.status}`);
      }
      location.href = "lab/index.html?path=00-ten-minutes.ipynb";
    } catch (problem) {
      button.disabled = false;
      said.textContent =
        `Python could not be fetched from ${new URL(PYODIDE).host} (${problem.message}). ` +
        "Are you offline, or does your network block that host? " +
        "The pages of the book work without it.";
    }
  });
})();
