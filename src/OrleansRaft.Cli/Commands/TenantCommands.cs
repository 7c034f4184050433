using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using OrleansRaft.Cli.Client;
using OrleansRaft.Cli.CommandLine;

namespace OrleansRaft.Cli.Commands;

/// <summary><c>oraft tenant</c>: what a tenant may take.</summary>
internal static class TenantCommands
{
    private static readonly Argument<string> Tenant = new("tenant") { Description = "Which tenant.", Validators = { result => RequireName(result) } };

    private static readonly Option<int?> Rate = Count(
        "--requests-per-second", "How many requests a second it may send to one silo; 0 for any number.");

    private static readonly Option<int?> Burst = Count("--burst", "How many of them may come at once; 0 for as many as in a second.");
    private static readonly Option<int?> AtOnce = Count("--at-once", "How many are served at one time by one silo; 0 for any number.");

    private static readonly Option<int?> Keys = Count(
        "--idempotency-keys", "How many idempotency keys are remembered by way of one silo; 0 for any number.");

    private static readonly Option<long?> Counters = Large("--counters", "How many counters it may have in the cluster; 0 for any number.");
    private static readonly Option<long?> Bytes = Large("--bytes", "How many bytes these may take in each replica's state; 0 for any number.");

    private static readonly Option<bool> Default = new("--default") { Description = "Take the tenant's own limits away." };

    private static readonly Option<bool> Yes = new("--yes") { Description = "Do not ask." };

    /// <summary>Makes the command.</summary>
    public static Command Create() => new("tenant", "Shows and sets what a tenant may take, and deletes tenants.")
    {
        RemoteCommand.Create(
            "delete",
            "Deletes a tenant: its counters, its note and its own limits. Revoke its keys first: what it writes meanwhile may stay.",
            DeleteAsync,
            Tenant,
            Yes),
        RemoteCommand.Create(
            "limits", "Prints what a tenant may take of one silo, or gives it limits of its own.", LimitsAsync,
            Tenant, Rate, Burst, AtOnce, Keys, Counters, Bytes, Default),
    };

    private static async Task<ExitCode> LimitsAsync(Session session)
    {
        var tenant = session.Parsed.GetValue(Tenant)!;
        var (rate, burst, atOnce) = (session.Parsed.GetValue(Rate), session.Parsed.GetValue(Burst), session.Parsed.GetValue(AtOnce));
        var (keys, counters, bytes) = (session.Parsed.GetValue(Keys), session.Parsed.GetValue(Counters), session.Parsed.GetValue(Bytes));
        var sets = (rate ?? burst ?? atOnce ?? keys ?? counters ?? bytes) is not null;
        if (sets && session.Parsed.GetValue(Default))
        {
            throw new CliException(
                ExitCode.Usage, "--default takes limits away, and others set them.", "Give one or the other; see `oraft tenant limits --help`.");
        }

        var wanted = new { requestsPerSecond = rate, burst, atOnce, idempotencyKeys = keys, counters, bytes };
        var answer = sets ? await session.Client.SetLimitsAsync(tenant, wanted, session.Cancellation)
            : session.Parsed.GetValue(Default) ? await session.Client.SetLimitsAsync(tenant, null, session.Cancellation)
            : await session.Client.GetLimitsAsync(tenant, session.Cancellation);
        session.Answers.Write(answer, Describe);
        return ExitCode.Ok;
    }

    private static async Task<ExitCode> DeleteAsync(Session session)
    {
        var tenant = session.Parsed.GetValue(Tenant)!;
        if (!session.Parsed.GetValue(Yes))
        {
            await Confirmation.AskAsync(session, $"Every counter of the tenant {tenant}, its note and its own limits are deleted for ever.");
        }

        var deleted = 0L;
        DeletedTenantAnswer answer;
        do
        {
            answer = (await session.Client.DeleteTenantAsync(tenant, session.Cancellation)).Value;
            deleted += answer.Counters;
        }
        while (answer.More);

        if (session.Answers.Json)
        {
            session.Answers.WriteJson(new { tenant, counters = deleted });
        }
        else
        {
            session.Answers.WriteLine($"{tenant}: {deleted} counters are deleted, and its note and limits");
        }

        return ExitCode.Ok;
    }

    private static string Describe(LimitsAnswer limits) =>
        $"{limits.Tenant}: {Text(limits.RequestsPerSecond)} requests a second to one silo (burst {Text(limits.Burst)}), "
        + $"{Text(limits.AtOnce)} at once; {Text(limits.IdempotencyKeys)} idempotency keys, {Text(limits.Counters)} counters, "
        + $"{Text(limits.Bytes)} bytes";

    private static string Text(long? limit) => limit?.ToString(CultureInfo.InvariantCulture) ?? "any";

    private static Option<int?> Count(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "N",
        Validators = { result => RequireNoLess(result, result.GetValueOrDefault<int?>()) },
    };

    private static Option<long?> Large(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "N",
        Validators = { result => RequireNoLess(result, result.GetValueOrDefault<long?>()) },
    };

    private static void RequireNoLess(OptionResult result, long? number)
    {
        if (number is < 0)
        {
            result.AddError($"{result.Option.Name} is {result.Tokens[0].Value}, but must be 0 (no limit) or more.");
        }
    }

    private static void RequireName(ArgumentResult result)
    {
        if (!CounterName.IsValid(result.Tokens[0].Value))
        {
            result.AddError(
                $"'{result.Tokens[0].Value}' is not a tenant's name: use 1 to 128 letters, digits, '.', '_' or '-', and neither '.' nor '..'.");
        }
    }
}
