"""Speed and accuracy of the package beside other libraries; needs them only to measure them.

    python -m benchmarks.accuracy    errors in units in the last place, for every peer and regime
    python -m benchmarks.speed       CPU time as ratios, as a table and a plot

Each writes into benchmarks/results. Peers that are not installed are named and left out:
`pip install -r requirements-peers.txt` installs them.
"""
