using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using OrleansRaft.Cli.Client;
using OrleansRaft.Cli.CommandLine;
using OrleansRaft.Cli.Output;
using OrleansRaft.Server.Access;
using Spectre.Console;

namespace OrleansRaft.Cli.Commands;

/// <summary><c>oraft key</c>: makes, lists and revokes API keys; and <c>oraft audit</c>.</summary>
internal static class KeyCommands
{
    private const int DaysMax = 36_500;

    private static readonly Argument<string> Name = new("name") { Description = "Whose the key is, or what for." };

    private static readonly Argument<string> Id = new("key") { Description = "Which key, by its id, as `key list` prints it." };

    private static readonly Option<string> Role = new Option<string>("--role")
    {
        Description = "What its bearer may do: read, change data, also change the cluster, also make keys.",
        DefaultValueFactory = _ => "reader",
    }.AcceptOnlyFromAmong("reader", "writer", "operator", "admin");

    private static readonly Option<string[]> Tenants = new("--tenant")
    {
        Description = "A tenant that the key is for; may be repeated. [default: all]",
        HelpName = "TENANT",
        Validators = { result => RequireNames(result) },
    };

    private static readonly Option<double?> Days = new("--expires")
    {
        Description = "After how many days the key is worth nothing. [default: never]",
        HelpName = "DAYS",
        Validators = { result => RequireDays(result) },
    };

    private static readonly Option<bool> Force = new("--force") { Description = "Revoke even the last key of an admin." };

    private static readonly Option<int?> Limit = new("--limit")
    {
        Description = "Print at most so many. [default: all that are kept]",
        HelpName = "N",
        Validators = { result => RequirePositive(result) },
    };

    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var generate = new Command(
            "generate", "Prints a new key that no cluster knows yet: for the file of `serve --admin-key-file`. Asks no server.");
        generate.SetAction(static parsed => parsed.InvocationConfiguration.Output.WriteLine(ApiKeyText.New()));
        return new Command("key", "Makes, lists and revokes API keys.")
        {
            RemoteCommand.Create("create", "Makes a key, and prints it: this once.", CreateAsync, Name, Role, Tenants, Days),
            RemoteCommand.Create("list", "Prints the keys, those that were revoked too.", ListAsync),
            RemoteCommand.Create("revoke", "Revokes a key, on every silo within five seconds.", RevokeAsync, Id, Force),
            generate,
        };
    }

    /// <summary>Makes the command of the audit.</summary>
    public static Command CreateAudit() =>
        RemoteCommand.Create(
            "audit", "Prints changes and who made them, the latest first: the last thousand by operators and admins.", AuditAsync, Limit);

    private static async Task<ExitCode> CreateAsync(Session session)
    {
        var made = await session.Client.CreateKeyAsync(
            new
            {
                name = session.Parsed.GetValue(Name),
                role = session.Parsed.GetValue(Role),
                tenants = session.Parsed.GetValue(Tenants) is { Length: > 0 } tenants ? tenants : null,
                seconds = session.Parsed.GetValue(Days) is { } days ? (long)Math.Ceiling(TimeSpan.FromDays(days).TotalSeconds) : (long?)null,
            },
            session.Cancellation);
        session.Answers.Write(made, static key => key.Secret!);
        if (!session.Answers.Json)
        {
            await session.Parsed.InvocationConfiguration.Error.WriteLineAsync(
                $"That is the key of {made.Value.Name}, {Describe(made.Value)}. It is shown this once; `oraft key revoke {made.Value.Key}` ends it.");
        }

        return ExitCode.Ok;
    }

    private static async Task<ExitCode> ListAsync(Session session)
    {
        var table = AnswerWriter.NewTable("KEY", "NAME", "ROLE", "CREATED", "STATE");
        await session.Answers.WriteListAsync(
            table,
            session.Client.ListKeysAsync(session.Cancellation),
            static key => [key.Key, Markup.Escape(key.Name), Markup.Escape(Describe(key)), Day(key.CreatedAt), StateOf(key)]);
        return ExitCode.Ok;
    }

    private static async Task<ExitCode> RevokeAsync(Session session)
    {
        var key = session.Parsed.GetValue(Id)!;
        await session.Client.RevokeKeyAsync(key, session.Parsed.GetValue(Force), session.Cancellation);
        if (session.Answers.Json)
        {
            session.Answers.WriteJson(new { key, revoked = true });
        }
        else
        {
            session.Answers.WriteLine($"{key} revoked");
        }

        return ExitCode.Ok;
    }

    private static async Task<ExitCode> AuditAsync(Session session)
    {
        var table = AnswerWriter.NewTable("#", "TIME", "WHO", "FROM", "RESULT", "WHAT");
        await session.Answers.WriteListAsync(
            table,
            session.Client.ListAuditAsync(session.Parsed.GetValue(Limit), session.Cancellation),
            static entry =>
            [
                entry.Number.ToString(CultureInfo.InvariantCulture),
                entry.Time.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture),
                Markup.Escape(entry.Who),
                Markup.Escape(entry.From),
                Markup.Escape(entry.Result),
                Markup.Escape(entry.What),
            ]);
        return ExitCode.Ok;
    }

    private static string Describe(KeyAnswer key) => key.Tenants.Count == 0 ? key.Role : $"{key.Role} of {string.Join(", ", key.Tenants)}";

    private static string StateOf(KeyAnswer key) => key.RevokedAt is { } revoked ? $"revoked {Day(revoked)}"
        : key.ExpiresAt is not { } end ? "in force"
        : end <= TimeProvider.System.GetUtcNow() ? $"expired {Day(end)}"
        : $"until {Day(end)}";

    private static string Day(DateTimeOffset time) => time.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static void RequireNames(OptionResult result)
    {
        foreach (var token in result.Tokens)
        {
            if (!CounterName.IsValid(token.Value))
            {
                result.AddError(
                    $"--tenant is '{token.Value}', but must be 1 to 128 letters, digits, '.', '_' or '-', and neither '.' nor '..'.");
            }
        }
    }

    private static void RequireDays(OptionResult result)
    {
        if (result.GetValueOrDefault<double?>() is not (null or (> 0 and <= DaysMax)))
        {
            result.AddError($"--expires is {result.Tokens[0].Value}, but must be a number of days above 0, up to {DaysMax}.");
        }
    }

    private static void RequirePositive(OptionResult result)
    {
        if (result.GetValueOrDefault<int?>() is < 1)
        {
            result.AddError($"--limit is {result.Tokens[0].Value}, but must be at least 1.");
        }
    }
}
