using System.Net.Sockets;
using Microsoft.Extensions.Options;
using Npgsql;
using OrleansRaft.Cli.CommandLine;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Cli.Serve;

/// <summary>Finds the reason in what a failed start throws, which is often wrapped several times, and says it in one sentence.</summary>
internal static class StartupFailures
{
    /// <summary>What to tell.</summary>
    public static CliException Explain(Exception failure)
    {
        foreach (var cause in CausesOf(failure))
        {
            if (Recognise(cause) is { } explained)
            {
                return explained;
            }
        }

        var innermost = CausesOf(failure).Last();
        return new CliException(
            ExitCode.Refused,
            $"the silo did not start: {innermost.GetType().Name}: {innermost.Message.ReplaceLineEndings(" ").TrimEnd('.')}.",
            "Run it again with `--set Logging:Console:FormatterName=simple` to see everything that was logged.");
    }

    private static CliException? Recognise(Exception cause) => cause switch
    {
        CliException explained => explained,
        StoreRefusedException refused => new CliException(ExitCode.Refused, Sentence(refused.Message), ""),
        OptionsValidationException invalid => new CliException(
            ExitCode.Refused, Sentence(string.Join(" ", invalid.Failures)), "Correct the setting and start again."),
        PostgresException { SqlState: PostgresErrorCodes.InvalidCatalogName } missing => new CliException(
            ExitCode.Refused, $"PostgreSQL: {missing.MessageText}.", "Create it with `createdb`, or name another with --postgres."),
        PostgresException { SqlState: PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification } denied =>
            new CliException(
                ExitCode.Refused, $"PostgreSQL: {denied.MessageText}.", "Check Username and Password in --postgres."),
        PostgresException refused => new CliException(
            ExitCode.Refused,
            $"PostgreSQL: {refused.MessageText} ({refused.SqlState}).",
            "Check the server named by --postgres and the rights of its user."),
        NpgsqlException unreachable => new CliException(
            ExitCode.Refused,
            $"PostgreSQL cannot be reached: {Sentence((unreachable.InnerException ?? unreachable).Message)}",
            "Check that it runs, and Host and Port in --postgres."),
        SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse } => new CliException(
            ExitCode.Refused, "an address that the silo needs is in use.", "End the other process, or choose other ports."),
        UnauthorizedAccessException denied => new CliException(
            ExitCode.Refused, Sentence(denied.Message), "Give this user the right to write there, or choose another folder with --data."),
        _ => null,
    };

    private static IEnumerable<Exception> CausesOf(Exception failure)
    {
        yield return failure;
        IEnumerable<Exception> inner = failure is AggregateException several
            ? several.InnerExceptions
            : failure.InnerException is { } one ? [one] : [];
        foreach (var cause in inner.SelectMany(CausesOf))
        {
            yield return cause;
        }
    }

    private static string Sentence(string text) => text.ReplaceLineEndings(" ").TrimEnd(' ', '.') + ".";
}
