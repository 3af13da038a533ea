"""The conversation's part of the web page; static/chat.js fills it."""

from __future__ import annotations

from ..chat.patterns import LONGEST_MESSAGE
from .page_frame import field


def chat_part() -> str:
    """A card with the conversation so far, and the field for what is said next."""
    control = (
        '<input id="chat-message" type="text" autocomplete="off" dir="auto" enterkeyhint="send" '
        f'maxlength="{LONGEST_MESSAGE}">'
    )
    return (
        '<section id="chat" class="card" aria-labelledby="chat-title">\n'
        '<h2 id="chat-title">Talk to the bot</h2>\n'
        '<p class="small">It answers by the rules in dialog.yaml, and by the mood that the model '
        "finds in what you say.</p>\n"
        # It can be scrolled by keys, so it takes the focus.
        '<div id="chat-log" role="log" aria-label="Conversation" tabindex="0"><ol></ol></div>\n'
        '<form id="chat-form" novalidate aria-label="Your turn">\n'
        f"{field('chat-message', 'Your message', control)}"
        '<div class="choices"><button type="submit">Send</button>'
        '<button type="button" id="chat-new">New conversation</button></div>\n'
        "</form>\n</section>\n"
    )
