#!/bin/sh
# Fetches the modules again, in the versions named here. Needs npm; building and running need neither npm nor this script.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

unpack() {
    (cd "$work" && npm pack --silent "$1" > packed && mkdir -p "$2" && tar xzf "$(cat packed)" -C "$2" --strip-components 1)
    cp "$work/$2/LICENSE" "LICENSE-$2.txt"
}

# A browser without an import map knows no bare names, and an import map would have to be written into the page, which its security policy forbids.
place() {
    sed -e 's#"preact/hooks"#"./preact-hooks.js"#g' -e 's#"preact"#"./preact.js"#g' -e 's#"@preact/signals-core"#"./signals-core.js"#g' \
        -e 's~//# sourceMappingURL=.*~~' "$work/$1" > "$2"
}

unpack preact@11.2.0 preact
unpack htm@3.1.1 htm
unpack @preact/signals@2.11.4 signals
unpack @preact/signals-core@1.14.5 signals-core
unpack uplot@1.6.32 uplot
place preact/dist/preact.mjs preact.js
place preact/hooks/dist/hooks.mjs preact-hooks.js
place htm/dist/htm.mjs htm.js
place signals/dist/signals.mjs signals.js
place signals-core/dist/signals-core.mjs signals-core.js
place uplot/dist/uPlot.esm.js uplot.js
cp "$work/uplot/dist/uPlot.min.css" uplot.css
