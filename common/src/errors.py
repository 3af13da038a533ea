"""The one exception that a user of the command line is meant to read."""


class UserError(Exception):
    """Wrong input, or a state that the user can mend.

    The message is one line in three parts: what was found, where, and what to do. The command
    line prints it without a traceback and exits with code 2.
    """
