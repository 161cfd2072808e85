# SPDX-License-Identifier: Apache-2.0
"""Ask the real shells what they would complete: SHELL_completes(script, lines, folder) gives a list for each line,
the cursor standing at its end and in that folder. What comes before a "=" or "," of the last word is left out."""
import os
import pathlib
import pty
import select
import shlex
import subprocess
import tempfile
import time

PATIENCE = 60  # seconds, for a busy machine


def environment(folder):
    return {"PATH": os.environ["PATH"], "HOME": str(folder), "TERM": "dumb", "LANG": "C.UTF-8"}


def tail(word):
    return word.rsplit("=", 1)[-1].rsplit(",", 1)[-1]


# ---- bash: the completion function, called as readline would ----

def words_of(line):
    """As readline breaks it: "=" is a word of its own."""
    words = shlex.split(line.replace("=", " = "))
    return words + [""] if line.endswith((" ", "=")) else words


def bash_completes(script, lines, folder):
    found = {}
    for line in lines:
        words = words_of(line)
        program = (script + f"\nCOMP_WORDS=({shlex.join(words)}); COMP_CWORD={len(words) - 1}; _mapae\n"
                   'printf "%s\\n" "${COMPREPLY[@]}"\n')
        done = subprocess.run(["bash"], input=program, cwd=folder, env=environment(folder), text=True,
                              stdout=subprocess.PIPE, check=False)
        found[line] = [tail(word) for word in done.stdout.split()]
    return found


# ---- fish: it answers itself ----

def fish_completes(script, lines, folder):
    found = {}
    with tempfile.TemporaryDirectory() as home:
        path = pathlib.Path(home, "script")
        path.write_text(script, encoding="utf-8")
        for line in lines:
            done = subprocess.run(["fish", "--no-config", "-c", f"source {path}; complete -C $argv[1]", "--", line],
                                  cwd=folder, env=environment(home), capture_output=True, text=True, check=False)
            found[line] = [tail(row.split("\t")[0]) for row in done.stdout.splitlines()]
            found[line] += ["!" + row for row in done.stderr.splitlines()]
    return found


# ---- zsh: an interactive one, whose compadd also writes down what it is given ----

ZSH = r"""
PS1=
autoload -Uz compinit
compinit -u -D
source $SCRIPT
compadd() {
    if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then
        builtin compadd "$@"
        return
    fi
    typeset -a hits
    builtin compadd -A hits "$@"
    (( $#hits )) && print -rl -- $hits >> $HITS
    builtin compadd "$@"
}
zle -C capture complete-word _main_complete
bindkey '^I' capture
finish() { print END >> $HITS; BUFFER= }
zle -N finish
bindkey '^T' finish
cd $FOLDER
print END >> $HITS
"""


class Zsh:
    def __init__(self, script, folder, home):
        self.hits = pathlib.Path(home, "hits")
        self.hits.touch()
        for name, text in (("script", script), ("rc", ZSH)):
            pathlib.Path(home, name).write_text(text, encoding="utf-8")
        env = {**environment(home), "SCRIPT": f"{home}/script", "HITS": str(self.hits), "FOLDER": str(folder)}
        self.terminal, end = pty.openpty()
        self.process = subprocess.Popen(["zsh", "-f", "-i"], stdin=end, stdout=end, stderr=end, env=env,
                                        start_new_session=True)
        os.close(end)
        self.ask(f"source {home}/rc\n")

    def ask(self, keys):
        """What was written down until "END" came."""
        before = len(self.hits.read_text())
        os.write(self.terminal, keys.encode())
        patience = time.monotonic() + PATIENCE
        while True:
            found = self.hits.read_text()[before:]
            if found.endswith("END\n"):
                return found.split()[:-1]
            if time.monotonic() > patience:
                return ["!no answer"]
            if select.select([self.terminal], [], [], 0.02)[0]:
                os.read(self.terminal, 4096)

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.terminal)


def zsh_completes(script, lines, folder):
    with tempfile.TemporaryDirectory() as home:
        zsh = Zsh(script, folder, home)
        found = {line: zsh.ask(line + "\t\x14") for line in lines}
        zsh.close()
    return found


COMPLETE = {"bash": bash_completes, "fish": fish_completes, "zsh": zsh_completes}
