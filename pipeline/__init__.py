"""What the reports say: a `Document` becomes facts and flags, facts and flags become the published dataset.

    identify    which kind of document, whose report, which year
    align       which table, which form, which label: numbers bound to cells
    measure     printed text → number, unit, sign, or a named absence
    checks      what the form promises of its numbers; reconcile: what a wrong one must have been
    narrative   what the prose claims; noise: what OCR spoiled
    run         all files, once each, compared with one another and published in one step

`read.read_document` holds the order for one document, `run.run` for a whole input.
"""
