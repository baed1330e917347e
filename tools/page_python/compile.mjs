// Compile Python sources for the browser's Python, with that Python itself, in Node.
// node compile.mjs PYODIDE_FOLDER SOURCES_FOLDER OUTPUT_ZIP STDLIB_ZIP OUTPUT_STDLIB
import { pathToFileURL } from "node:url";
import { dirname, basename, resolve } from "node:path";

const [pyodide, sources, output, stdlib, newStdlib] = process.argv.slice(2).map((path) => resolve(path));
const { loadPyodide } = await import(pathToFileURL(`${pyodide}/pyodide.mjs`).href);
const python = await loadPyodide({ indexURL: `${pyodide}/` });
const folders = { sources, out: dirname(output), std: dirname(stdlib), newstd: dirname(newStdlib) };
for (const [name, path] of Object.entries(folders)) {
  python.FS.mkdirTree(`/${name}`);
  python.mountNodeFS(`/${name}`, path);
}
python.globals.set("names", python.toPy({
  output: basename(output), stdlib: basename(stdlib), new_stdlib: basename(newStdlib),
}));
python.runPython(`
import importlib.util, marshal, types, warnings, zipfile
from pathlib import Path

warnings.simplefilter("ignore")
HEAD = importlib.util.MAGIC_NUMBER + bytes(12)
# What no answer needs: the test suite of the standard library, servers, mail, terminals, builders.
UNUSED = set("""
    _pyrepl curses dbm ensurepip http idlelib lib2to3 mailbox multiprocessing pydoc pydoc_data
    sqlite3 ftplib imaplib poplib smtplib socketserver tkinter turtle unittest venv wsgiref xml
    xmlrpc doctest pdb email nturl2path optparse argparse getopt gettext
    tarfile plistlib webbrowser zipapp cProfile profile pstats trace tracemalloc
    mimetypes wave netrc cmd bdb code difflib _pyio _pydatetime pickletools
    configparser uuid _sysconfigdata__emscripten_wasm32-emscripten tomllib _strptime
""".split())
ENCODINGS = {"__init__", "aliases", "utf_8", "ascii", "latin_1", "cp437", "unicode_escape", "idna"}

def needed(name):
    first, *rest = name.removesuffix(".py").removesuffix(".pyc").split("/")
    return first not in UNUSED and (first != "encodings" or rest[0] in ENCODINGS)

def without_lines(code):
    """The code without its table of line numbers, a quarter of its size."""
    inner = (without_lines(c) if isinstance(c, types.CodeType) else c for c in code.co_consts)
    return code.replace(co_linetable=b"", co_consts=tuple(inner))

def stored(z, name, data):
    z.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data)

root = Path("/sources")
with zipfile.ZipFile(f"/out/{names['output']}", "w") as z:  # stored; compressed as a whole later
    for path in sorted(root.rglob("*.py")):
        name = path.relative_to(root).as_posix()
        code = compile(path.read_bytes(), name, "exec", optimize=2, dont_inherit=True)
        stored(z, name + "c", HEAD + marshal.dumps(without_lines(code)))

with zipfile.ZipFile(f"/std/{names['stdlib']}") as old:
    with zipfile.ZipFile(f"/newstd/{names['new_stdlib']}", "w") as z:
        for name in sorted(old.namelist()):
            if name.endswith("/") or not needed(name):
                continue
            data = old.read(name)
            if name.endswith(".py"):  # compiled here, and not at each start
                code = compile(data, name, "exec", optimize=2, dont_inherit=True)
                name, data = name + "c", HEAD + marshal.dumps(without_lines(code))
            stored(z, name, data)
`);
