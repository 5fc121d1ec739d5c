"""The royalty engine: plain values in, lines out, with no database, clock or global state.

`scenario.calculate_scenario` is the whole engine on one JSON document; the application calls `calculation.calculate`,
`statements.difference` and `trace.Explanation` on what it has stored.
"""
