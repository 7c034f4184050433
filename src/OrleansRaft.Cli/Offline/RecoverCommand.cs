using System.CommandLine;
using OrleansRaft.Cli.CommandLine;
using OrleansRaft.Cli.Output;
using OrleansRaft.Cli.Serve;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Cli.Offline;

/// <summary><c>oraft group recover</c>: a group that has lost its majority goes on from one replica.</summary>
internal static class RecoverCommand
{
    private static readonly Argument<string> Group = new("group") { Description = "Which group, such as counters-0." };

    private static readonly Option<long> From = new("--from")
    {
        Description = "The replica that it goes on from: the one that holds the most, as `oraft inspect` tells.",
        HelpName = "REPLICA",
        Required = true,
        Validators = { RequirePositive },
    };

    private static readonly Option<bool> AcceptDataLoss = new("--accept-data-loss")
    {
        Description = "Do it. Without this the command only says what survives, and what may be missing.",
    };

    private static readonly Option<bool> MembersAreStopped = new("--members-are-stopped")
    {
        Description = "Confirm that all other replicas of the group are stopped: those that still run somewhere would go on as a second group.",
    };

    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var command = new Command(
            "recover",
            "Lets a group that has lost its majority go on from one replica, on the store itself, without a silo. What only the others held is lost, "
            + "and they never take part again, even if they are found. The last resort: a group that has its majority is refused.")
        {
            Group, From, AcceptDataLoss, MembersAreStopped, CommonOptions.Json,
        };
        foreach (var option in StoreChoice.Options)
        {
            command.Add(option);
        }

        command.SetAction(async (parsed, cancellation) => (int)await RunAsync(parsed, cancellation));
        return command;
    }

    private static Task<ExitCode> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var choice = StoreChoice.Read(parsed);
        var key = new ReplicaKey(parsed.GetValue(Group)!, new ReplicaId(parsed.GetValue(From)));
        return PostgresCommands.ExplainedAsync(async () =>
        {
            using var interruption = new Interruption(cancellation);
            await using var store = choice.OpenExisting();
            await store.AttachAsync(interruption.Token);
            var survey = await RecoverySurvey.MakeAsync([store], key, interruption.Token);
            if (survey.Refusal is { } refusal)
            {
                throw new CliException(ExitCode.Refused, $"{refusal} Nothing was changed.", "");
            }

            var answers = AnswerWriter.For(parsed);
            if (!answers.Json)
            {
                answers.WriteLine(survey.Kept);
                answers.WriteLine(survey.Missing);
            }

            RequireConsent(parsed);
            var recovery = await GroupRescue.RunAsync([store], survey, interruption.Token);
            Tell(answers, survey, recovery);
            return ExitCode.Ok;
        });
    }

    private static void RequireConsent(ParseResult parsed)
    {
        if (!parsed.GetValue(AcceptDataLoss))
        {
            throw new CliException(
                ExitCode.Refused,
                "nothing was changed.",
                "Look whether the others can be brought back; if not, give --accept-data-loss and --members-are-stopped.");
        }

        if (!parsed.GetValue(MembersAreStopped))
        {
            throw new CliException(
                ExitCode.Refused,
                "nothing was changed: replicas that still run somewhere, out of sight, would go on as a second group.",
                "Stop them, make sure that they stay so, and give --members-are-stopped.");
        }
    }

    private static void Tell(AnswerWriter answers, RecoverySurvey survey, GroupRecovery recovery)
    {
        if (answers.Json)
        {
            answers.WriteJson(new
            {
                group = recovery.Group,
                incarnation = recovery.Incarnation,
                survivor = recovery.Survivor,
                lost = survey.Lost.Select(static replica => replica.Value),
                kept = survey.Kept,
                missing = survey.Missing,
            });
            return;
        }

        answers.WriteLine(
            $"{recovery.Group} goes on from replica {recovery.Survivor} alone, as incarnation {recovery.Incarnation}. Start the silos, "
            + "replace the servers that are lost for good (`oraft postgres replace`), and give it members again: `oraft member repair`.");
    }

    private static void RequirePositive(System.CommandLine.Parsing.OptionResult result)
    {
        if (result.GetValueOrDefault<long>() is < 1)
        {
            result.AddError($"--from is {result.Tokens[0].Value}, but must be the number of a replica, at least 1.");
        }
    }
}
