using System.CommandLine;
using OrleansRaft.Cli.Client;
using OrleansRaft.Cli.CommandLine;

namespace OrleansRaft.Cli.Commands;

/// <summary><c>oraft silo</c>: works on whole silos.</summary>
internal static class SiloCommands
{
    private static readonly Argument<string> Silo = new("silo") { Description = "Which silo, by its name." };

    private static readonly Option<bool> Yes = new("--yes") { Description = "Do not ask." };

    /// <summary>Makes the command.</summary>
    public static Command Create() => new("silo", "Works on whole silos.")
    {
        RemoteCommand.Create(
            "decommission",
            "Lets a silo leave the cluster for good: what is bound to its local store goes to others', its leaderships are handed over, it stops, "
                + "and nobody waits for its return. Take it from its supervisor first, which would start it again.",
            DecommissionAsync,
            Silo,
            Yes),
    };

    private static async Task<ExitCode> DecommissionAsync(Session session)
    {
        var silo = session.Parsed.GetValue(Silo)!;
        if (!session.Parsed.GetValue(Yes))
        {
            await Confirmation.AskAsync(
                session, $"The silo {silo} stops, and its replicas go to the others, which then survive the loss of one silo less.");
        }

        var moved = 0L;
        DecommissioningAnswer answer;
        do
        {
            answer = (await session.Client.DecommissionAsync(silo, session.Cancellation)).Value;
            moved += answer.Moved;
        }
        while (!answer.Leaving);

        if (session.Answers.Json)
        {
            session.Answers.WriteJson(new { silo, moved, leaving = true });
        }
        else
        {
            session.Answers.WriteLine($"{silo} leaves{(moved == 0 ? "" : $", after {moved} members were moved from its store")}");
        }

        return ExitCode.Ok;
    }
}
