using Microsoft.Extensions.Logging;

namespace OrleansRaft.Cli.Serve;

/// <summary>Every message that a silo process logs itself. Event ids are public: never reuse or renumber one.</summary>
internal static partial class Log
{
    [LoggerMessage(
        7101,
        LogLevel.Warning,
        "A connection to the {Port} was refused: {Max} are open, the most that the limit of open files allows ({Refused} refused so far); "
            + "raise it with `ulimit -n` or LimitNOFILE=, or find out which clients keep so many open")]
    public static partial void ConnectionsRefused(ILogger logger, string port, int max, long refused);

    [LoggerMessage(
        7102,
        LogLevel.Warning,
        "This process may have {Files} files open, which leaves {Http} connections for HTTP, {Gateway} for Orleans clients and {Silos} for silos; "
            + "raise the limit for more, with `ulimit -n 65536` or LimitNOFILE=65536")]
    public static partial void FewFiles(ILogger logger, long files, int http, int gateway, int silos);

    [LoggerMessage(7103, LogLevel.Information, "The certificate in {File} is used for new connections from now on; it is valid until {End}")]
    public static partial void CertificateRead(ILogger logger, string file, string end);

    [LoggerMessage(
        7104,
        LogLevel.Warning,
        "The files of the certificate have changed, but are not used: {Problem} {Remedy} The former certificate stays")]
    public static partial void CertificateRefused(ILogger logger, string problem, string remedy);

    [LoggerMessage(
        7105,
        LogLevel.Warning,
        "The certificate in {File} ends at {End}: then no client or silo connects to this silo any more; write a new one into the same file")]
    public static partial void CertificateEnds(ILogger logger, string file, string end);

    [LoggerMessage(7106, LogLevel.Information, "The first API key, of an admin, is in {File}: take it from there, and delete the file")]
    public static partial void FirstKeyMade(ILogger logger, string file);

    [LoggerMessage(
        7107,
        LogLevel.Error,
        "This cluster asks for API keys and has none, and the first one cannot be written to {File}: {Reason}. "
            + "Start a silo with --admin-key-file, which names a file made by `oraft key generate`")]
    public static partial void FirstKeyNotWritten(ILogger logger, string file, string reason);

    [LoggerMessage(
        7108,
        LogLevel.Error,
        "The admin's key in {File} ({Id}) is not in force: the catalogue answered {Refusal}. Make another with `oraft key generate > FILE`")]
    public static partial void AdminKeyRefused(ILogger logger, string file, string id, Grains.Catalogue.AccessRefusal refusal);
}
