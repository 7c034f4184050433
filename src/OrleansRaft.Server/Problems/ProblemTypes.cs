namespace OrleansRaft.Server.Problems;

/// <summary>The stable values of a problem's <c>type</c>. They are public: programs decide by them.</summary>
public static class ProblemTypes
{
    /// <summary>503: no leader could be reached in time; nothing was changed. <c>Retry-After</c> says when to try again.</summary>
    public const string NoLeader = "no-leader";

    /// <summary>504: the request may have been applied. Repeat it with the same <c>Idempotency-Key</c>.</summary>
    public const string OutcomeUnknown = "outcome-unknown";

    /// <summary>429: too much waits already; nothing was changed.</summary>
    public const string Overloaded = "overloaded";

    /// <summary>429: the tenant takes more than it may; nothing was changed. <c>Retry-After</c> says when to try again.</summary>
    public const string QuotaExceeded = "quota-exceeded";

    /// <summary>409: as many tenants as may be have limits of their own; nothing was changed.</summary>
    public const string TooManyLimits = "too-many-limits";

    /// <summary>422: the state machine's own code threw on a query; nothing was changed.</summary>
    public const string MachineFailed = "machine-failed";

    /// <summary>503: the group's state machine threw on an entry of its log and goes no further; nothing was changed.</summary>
    public const string MachineHalted = "machine-halted";

    /// <summary>
    /// 409: the command's entry halted its group's state machine, and an operator skipped it; it is not applied, and not under this key.
    /// </summary>
    public const string EntrySkipped = "entry-skipped";

    /// <summary>502: the request was applied, and this silo's program cannot read its result.</summary>
    public const string ResultUnreadable = "result-unreadable";

    /// <summary>503: the programs that can be reached are too old for the version of the group's state machine; nothing was changed.</summary>
    public const string VersionBehind = "version-behind";

    /// <summary>409: the request needs a later version of the group's state machine than the one in force; nothing was changed.</summary>
    public const string VersionNotRaised = "version-not-raised";

    /// <summary>409: the cluster's feature level is not raised, since a silo's program does not support a later one; nothing was changed.</summary>
    public const string LevelNotRaised = "level-not-raised";

    /// <summary>404: there is no such group.</summary>
    public const string UnknownGroup = "unknown-group";

    /// <summary>412: <c>If-Match</c> names another tag than the resource has; nothing was changed.</summary>
    public const string PreconditionFailed = "precondition-failed";

    /// <summary>409: the <c>Idempotency-Key</c> was used for another request; nothing was changed.</summary>
    public const string KeyReused = "key-reused";

    /// <summary>409: the group's members have changed since, or another change is under way; nothing was changed.</summary>
    public const string ConfigurationConflict = "configuration-conflict";

    /// <summary>400: a field, header or parameter is wrong; <c>field</c> names it.</summary>
    public const string InvalidRequest = "invalid-request";

    /// <summary>403: faults are off on this cluster, or this kind of fault is not possible in it; nothing was changed.</summary>
    public const string FaultsDisabled = "faults-disabled";

    /// <summary>404: there is no such fault, or it has healed.</summary>
    public const string UnknownFault = "unknown-fault";

    /// <summary>401: there is no key, or none that is in force.</summary>
    public const string Unauthenticated = "unauthenticated";

    /// <summary>403: the key does not allow this; nothing was changed.</summary>
    public const string Forbidden = "forbidden";

    /// <summary>404: there is no API key of that id.</summary>
    public const string UnknownKey = "unknown-key";

    /// <summary>409: it is the last key of an admin; nothing was changed.</summary>
    public const string LastAdmin = "last-admin";

    /// <summary>409: there are as many API keys as there may be; nothing was changed.</summary>
    public const string TooManyKeys = "too-many-keys";

    /// <summary>404: nothing is served under this path.</summary>
    public const string NotFound = "not-found";

    /// <summary>405: the path does not know this method; <c>Allow</c> lists those it knows.</summary>
    public const string MethodNotAllowed = "method-not-allowed";

    /// <summary>413: the body is larger than 64 KB.</summary>
    public const string BodyTooLarge = "body-too-large";

    /// <summary>415: the body is not said to be JSON.</summary>
    public const string UnsupportedMediaType = "unsupported-media-type";

    /// <summary>503, of <c>/health/ready</c> alone: the silo is not ready.</summary>
    public const string NotReady = "not-ready";

    /// <summary>500: the server failed; its log says why.</summary>
    public const string InternalError = "internal-error";

    /// <summary>Any other status that the web server answers by itself.</summary>
    public const string RequestRefused = "request-refused";
}
