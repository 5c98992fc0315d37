/** Of our pages; it stands in them, because they load nothing. */
export const STYLE = `
:root{color-scheme:light dark;--line:#8884;--soft:#8881;--accent:#2563b0}
@media (prefers-color-scheme:dark){:root{--accent:#7db4f5}}
body{margin:0;font:15px/1.5 system-ui,sans-serif}
main{max-width:62rem;margin:0 auto;padding:1rem}
nav ul{columns:16rem;padding-left:1.2rem}
h2{margin-top:3rem;border-bottom:2px solid var(--line)}
section{margin:2rem 0;border-top:1px solid var(--line)}
code,pre{font-family:ui-monospace,monospace;font-size:.92em}
pre{overflow-x:auto;padding:.6rem .8rem;background:var(--soft);border-radius:4px}
table{border-collapse:collapse;width:100%;margin:.6rem 0}
th,td{padding:.25rem .6rem .25rem 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--line)}
a{color:var(--accent)}
dt{margin-top:1rem}
.method{color:var(--accent);font-weight:700}
.role{font-size:.85em;border:1px solid var(--line);border-radius:4px;padding:0 .4rem}
`
