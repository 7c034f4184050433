using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text.Json;
using OrleansRaft.Cli.Client;
using OrleansRaft.Cli.CommandLine;
using OrleansRaft.Cli.Output;
using Spectre.Console;

namespace OrleansRaft.Cli.Commands;

/// <summary><c>oraft fault</c>: breaks a running cluster on purpose and for a time, where that is allowed.</summary>
internal static class FaultCommands
{
    private static readonly Argument<string> From = new("from") { Description = "Where the link begins: a silo, or with --group a replica." };

    private static readonly Argument<string> To = new("to") { Description = "Where the link ends: a silo, or with --group a replica." };

    private static readonly Argument<string> Victim = new("victim") { Description = "A silo, or a replica as GROUP/NUMBER or GROUP/leader." };

    private static readonly Argument<string> Silo = new("silo") { Description = "A silo." };

    private static readonly Argument<int> Milliseconds = new("milliseconds") { Description = "How much longer it takes, from 1 to 10000." };

    private static readonly Argument<string[]> Side = new("side")
    {
        Description = "The silos of one side, or with --group its replicas.",
        Arity = ArgumentArity.OneOrMore,
        Validators = { RefuseOptions },
    };

    private static readonly Argument<string[]> Healed = new("fault")
    {
        Description = "Which faults; none for all.",
        Arity = ArgumentArity.ZeroOrMore,
        Validators = { RefuseOptions },
    };

    private static readonly Option<string?> Group = new("--group") { Description = "Only this group suffers.", HelpName = "GROUP" };

    private static readonly Option<bool> OneWay = new("--one-way") { Description = "Spare the way back." };

    private static readonly Option<int> For = new("--for")
    {
        Description = "After how many seconds it heals by itself, from 1 to 600.",
        HelpName = "SECONDS",
        DefaultValueFactory = _ => 30,
    };

    private static readonly string?[] EveryFault = [null];

    /// <summary>Makes the command.</summary>
    public static Command Create() => new("fault", "Breaks a running cluster on purpose and for a time, where Faults:Enabled is set.")
    {
        RemoteCommand.Create("list", "Prints the faults in force.", ListAsync),
        RemoteCommand.Create("cut", "Lets no message pass between two silos, or two replicas of a group.", LinkAsync, From, To, Group, OneWay, For),
        RemoteCommand.Create(
            "delay",
            "Makes messages between two silos, or two replicas of a group, take longer.",
            LinkAsync,
            From,
            To,
            Milliseconds,
            Group,
            OneWay,
            For),
        RemoteCommand.Create("isolate", "Cuts a silo or a replica off from all others.", VictimAsync, Victim, For),
        RemoteCommand.Create("split", "Divides the silos, or a group's replicas, into two sides.", SplitAsync, Side, Group, For),
        RemoteCommand.Create("pause", "Freezes a replica.", VictimAsync, Victim, For),
        RemoteCommand.Create("slow", "Makes writes of a silo's replicas, or of one replica, take longer.", VictimAsync, Victim, Milliseconds, For),
        RemoteCommand.Create("fail", "Makes the store of a silo, or of one replica, fail.", VictimAsync, Victim, For),
        RemoteCommand.Create("kill", "Lets a silo die without a goodbye; only in `oraft demo`.", KillAsync, Silo, For),
        RemoteCommand.Create("heal", "Heals faults before their time.", HealAsync, Healed),
    };

    // A list of words would take a mistyped option for one of them.
    private static void RefuseOptions(ArgumentResult words)
    {
        foreach (var token in words.Tokens.Where(static token => token.Value.StartsWith('-')))
        {
            words.AddError($"'{token.Value}' is not an option here.");
        }
    }

    private static async Task<ExitCode> ListAsync(Session session)
    {
        var list = (await session.Client.ListFaultsAsync(session.Cancellation)).Value;
        if (session.Answers.Json)
        {
            list.Faults.ToList().ForEach(fault => session.Answers.WriteJson(fault));
            return ExitCode.Ok;
        }

        var table = AnswerWriter.NewTable("FAULT", "KIND", "#HEALS IN", "~WHAT");
        foreach (var fault in list.Faults.Select(fault => fault.Deserialize<FaultView>(JsonSerializerOptions.Web)!))
        {
            table.AddRow(fault.Fault, fault.Kind, Seconds(fault.HealsInMilliseconds), Markup.Escape(fault.Text));
        }

        if (list.Faults.Count == 0)
        {
            session.Answers.WriteLine(list.Enabled ? "no faults" : "no faults; they are off on this cluster (Faults:Enabled)");
        }
        else
        {
            session.Answers.WriteTable(table);
        }

        return ExitCode.Ok;
    }

    private static Task<ExitCode> LinkAsync(Session session) => BeginAsync(session, new
    {
        kind = KindOf(session),
        from = session.Parsed.GetValue(From),
        to = session.Parsed.GetValue(To),
        group = session.Parsed.GetValue(Group),
        oneWay = session.Parsed.GetValue(OneWay) ? true : (bool?)null,
        milliseconds = KindOf(session) == "delay" ? session.Parsed.GetValue(Milliseconds) : (int?)null,
        seconds = session.Parsed.GetValue(For),
    });

    private static Task<ExitCode> SplitAsync(Session session)
    {
        var group = session.Parsed.GetValue(Group);
        var side = session.Parsed.GetValue(Side)!;
        return BeginAsync(session, new
        {
            kind = "split",
            group,
            silos = group is null ? side : null,
            replicas = group is null ? null : side.Select(NumberOf).ToArray(),
            seconds = session.Parsed.GetValue(For),
        });
    }

    private static Task<ExitCode> VictimAsync(Session session)
    {
        var victim = session.Parsed.GetValue(Victim)!;
        var slash = victim.LastIndexOf('/');
        return BeginAsync(session, new
        {
            kind = KindOf(session),
            silo = slash < 0 ? victim : null,
            group = slash < 0 ? null : victim[..slash],
            replica = slash < 0 ? null : victim[(slash + 1)..] is "leader" ? (object)"leader" : NumberOf(victim[(slash + 1)..]),
            milliseconds = KindOf(session) == "slow" ? session.Parsed.GetValue(Milliseconds) : (int?)null,
            seconds = session.Parsed.GetValue(For),
        });
    }

    private static Task<ExitCode> KillAsync(Session session) =>
        BeginAsync(session, new { kind = "kill", silo = session.Parsed.GetValue(Silo), seconds = session.Parsed.GetValue(For) });

    private static async Task<ExitCode> BeginAsync(Session session, object fault)
    {
        var begun = await session.Client.BeginFaultAsync(fault, session.Cancellation);
        session.Answers.Write(
            begun, view => $"{view.Fault}: {view.Text} It heals by itself in {view.Seconds} s, or with `oraft fault heal {view.Fault}`.");
        return ExitCode.Ok;
    }

    private static async Task<ExitCode> HealAsync(Session session)
    {
        IReadOnlyList<string?> which = session.Parsed.GetValue(Healed) is { Length: > 0 } named ? named : EveryFault;
        foreach (var fault in which)
        {
            await session.Client.HealAsync(fault, session.Cancellation);
            if (session.Answers.Json)
            {
                session.Answers.WriteJson(new { fault = fault ?? "all", healed = true });
            }
            else
            {
                session.Answers.WriteLine(fault is null ? "all faults are healed" : $"{fault} is healed");
            }
        }

        return ExitCode.Ok;
    }

    private static string KindOf(Session session) => session.Parsed.CommandResult.Command.Name;

    private static string Seconds(long milliseconds) => string.Create(CultureInfo.InvariantCulture, $"{milliseconds / 1000.0:0} s");

    private static long NumberOf(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        ? number
        : throw new CliException(
            ExitCode.Usage, $"'{text}' is not the number of a replica.", "Replicas are numbered from 1; `oraft group show GROUP` lists them.");
}
