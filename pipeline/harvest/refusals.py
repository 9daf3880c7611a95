"""Why a document could not be had, in words for people."""

from __future__ import annotations

import ssl

_TLS = {
    10: "the site's certificate has expired",
    18: "the site's certificate is signed by itself",
    19: "the site's certificate comes from an authority that nobody else trusts",
    20: "the site's certificate chain lacks an intermediate certificate, or ends at an authority that is not known",
    21: "the site's certificate chain lacks an intermediate certificate",
    62: "the site's certificate is for another name",
    64: "the site's certificate is for another name",
}


class NotFetched(Exception):
    """An address that could not be had, and why. A `lasting` reason is not gone by tomorrow; `missing` says that there
    is nothing at the address (any more), `unasked` that the site was not even asked: nothing is to be remembered of
    it, tomorrow's answer costs nothing either; `whole_site` that it goes for all that the site has."""

    def __init__(
        self,
        reason: str,
        lasting: bool = False,
        missing: bool = False,
        unasked: bool = False,
        whole_site: bool = False,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.lasting = lasting
        self.missing = missing
        self.unasked = unasked
        self.whole_site = whole_site


def tls_fault(error: BaseException) -> str | None:
    """What is wrong with a site's TLS, if that is what the error comes from. Verification is never switched off."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            what = _TLS.get(cause.verify_code, f"the site's certificate is not to be trusted ({cause.verify_message})")
            return f"{what}; not fetched, since nobody could tell who answers; certificates may be added by `ca_file`"
        if isinstance(cause, ssl.SSLError) and not isinstance(cause, ssl.SSLEOFError | ssl.SSLZeroReturnError):
            return f"no TLS connection as it must be today ({cause.reason or cause}); not fetched"
        cause = cause.__cause__ or cause.__context__
    return None
