"""How the work of a function grows with its arguments: steps are counted, not timed.

`counting` adds counters to a module's tree, with a model for what is linear inside C (`x in a_list`, `sorted`, slices …);
`scaling` makes arguments larger so that what matched still matches; `growth` fits the exponent.
"""
