"""The attacks a build must withstand, carried out on a whole server without sockets.

``stage`` puts the server up, ``ground`` knows the cells, ``weak`` makes the server worse on purpose; each other
module is one attack. What an attack computes from what it saw is in ``nearby.sim.attacks``.
"""
