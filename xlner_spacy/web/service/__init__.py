"""`xlner serve`: entities over HTTP, and the page that shows how they were found.

The server's process reads requests and keeps the queue; a child process has the models. What crashes or hangs there is
killed and begun anew, and no request waits for it longer than its time limit.
"""
