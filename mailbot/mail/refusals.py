"""What servers mean when they say no: well-known refusals of Microsoft 365 and Google with the mend, and hints to slow down."""

from __future__ import annotations

import re

DEFAULT_WAIT = 60.0      # seconds, where a server throttles and does not say for how long
LONGEST_WAIT = 3600.0

_BACKOFF = re.compile(r"Suggested Backoff Time: (\d{1,9}) milliseconds", re.IGNORECASE)
_SLOW_DOWN = re.compile(
    r"throttl|\[LIMIT\]|\[UNAVAILABLE\]|\[INUSE\]|too many (?:simultaneous )?connections|rate limit|bandwidth limits", re.IGNORECASE
)

KNOWN: tuple[tuple[str, str], ...] = (
    ("5.7.139", "this Microsoft 365 organisation has SMTP AUTH switched off for the mailbox; an administrator turns it on with: "
                "Set-CASMailbox -Identity ADDRESS -SmtpClientAuthenticationDisabled $false"),
    ("5.7.30", "Microsoft 365 no longer takes passwords for sending mail; set auth = \"oauth2\" under [imap] and fill in [oauth]"),
    ("5.2.252", "the account may not send as this address; give it the permission SendAs in Exchange, or send from its own address"),
    ("authenticated but not connected", "the sign-in was right, but the mailbox is not opened to the application; an administrator runs "
                "New-ServicePrincipal with the object id of the *enterprise application* (not of the app registration), then "
                "Add-MailboxPermission -Identity ADDRESS -User SERVICE-PRINCIPAL -AccessRights FullAccess"),
    ("AADSTS700016", "Microsoft knows no application with this client_id in this tenant; check client_id and tenant under [oauth]"),
    ("AADSTS7000215", "the client secret is wrong; take the secret's *value* (not its id) from the app registration"),
    ("AADSTS7000222", "the client secret has expired; make a new one in the app registration and put it in place of the old"),
    ("AADSTS65001", "nobody has consented to the application's permissions; an administrator grants it in Entra, under API permissions"),
    ("AADSTS50034", "Microsoft knows no such user; check user under [imap]"),
    ("AADSTS50126", "Microsoft does not accept this user name and password; sign in anew with: mailbot login"),
    ("AADSTS50076", "the account needs a second factor; sign in anew with: mailbot login"),
    ("AADSTS53003", "a Conditional Access rule blocks this sign-in; an administrator exempts the application or trusts this machine"),
    ("AADSTS90002", "there is no such tenant; check tenant under [oauth] (the directory's id or its domain)"),
    ("AADSTS900023", "the tenant's name is not valid; check tenant under [oauth] (the directory's id or its domain)"),
    ("AADSTS70043", "the sign-in has grown too old; sign in anew with: mailbot login"),
    ("AADSTS700082", "the sign-in has grown too old because it was not used; sign in anew with: mailbot login"),
    ("AADSTS70008", "the sign-in has expired; sign in anew with: mailbot login"),
    ("AADSTS7000218", "this application needs a client secret; put it into MAILBOT_OAUTH__CLIENT_SECRET, or allow public client flows"),
    ("AADSTS500011", "Exchange Online is not known in this tenant; check that it has Microsoft 365 mail and that tenant is right"),
    ("invalid_grant", "the stored sign-in is no longer valid; sign in anew with: mailbot login"),
    ("invalid_client", "the provider does not know this client_id with this secret; check both under [oauth]"),
    ("unauthorized_client", "the application may not sign in this way; for Google check domain-wide delegation of the service account"),
    ("Application-specific password required", "Google wants an app password here; make one at myaccount.google.com/apppasswords"),
    ("BasicAuthBlocked", "Microsoft 365 no longer takes passwords for mail; set auth = \"oauth2\" under [imap] and fill in [oauth]"),
    ("IMAP access is disabled", "IMAP is switched off for this mailbox; turn it on in its settings"),
)


def explain(text: str) -> str:
    """A sentence with the mend for a well-known refusal in this text; "" for any other."""
    folded = text.lower()
    for mark, sentence in KNOWN:
        at = folded.find(mark.lower())
        if at >= 0 and not folded[at + len(mark):at + len(mark) + 1].isdigit():
            return f"{sentence} (the server said {mark})"
    return ""


def suggested_wait(text: str) -> float | None:
    """Seconds to stay away where this text asks for it, else None."""
    found = _BACKOFF.search(text)
    if found:
        return min(int(found[1]) / 1000, LONGEST_WAIT)
    return DEFAULT_WAIT if _SLOW_DOWN.search(text) else None
