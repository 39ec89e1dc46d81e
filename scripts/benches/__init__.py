"""Our server beside reference servers: the same load, in the same run, on the same machine.

Absolute times say as much of the machine as of the code, so each bench interleaves the servers
and reports ratios beside them. Servers are child processes; the phones live in this process.
"""
