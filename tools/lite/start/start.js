// Nothing is asked of another host before the button is pressed. If that host does not answer, the
// page says so, rather than open a JupyterLab in which no chapter runs.
const FIRST_PAGE = "lab/index.html?path=00-ten-minutes.ipynb";
const WAIT = 20_000; // ms
const said = document.querySelector("#said");
const button = document.querySelector("#start");

// The least of the files that come from elsewhere, with the checksum that this site has of it.
async function ask(lock) {
  const { file_name: address, sha256 } = lock.packages.kiwisolver;
  const bytes = sha256.match(/../g).map((pair) => String.fromCharCode(parseInt(pair, 16)));
  const options = { integrity: `sha256-${btoa(bytes.join(""))}`, signal: AbortSignal.timeout(WAIT) };
  const { host } = new URL(address, location.href);
  const answer = await fetch(address, options).catch((problem) => {
    const reason = problem.name === "TimeoutError" ? `not within ${WAIT / 1000} seconds` : "not at all";
    throw new Error(`${host} answered ${reason}. Are you offline, or does your network block it?`);
  });
  if (!answer.ok) {
    throw new Error(`${host} answered ${answer.status}.`);
  }
}

button.addEventListener("click", async () => {
  button.disabled = true;
  said.textContent = "Asking whether everything can be had …";
  try {
    const lock = await fetch("static/pyodide/pyodide-lock.json");
    if (!lock.ok) {
      throw new Error("This copy of the book was built without JupyterLab; `make lite` adds it.");
    }
    await ask(await lock.json());
    location.href = FIRST_PAGE;
  } catch (problem) {
    button.disabled = false;
    said.textContent = `${problem.message} The pages of the book work without it.`;
  }
});
