using System.Globalization;

namespace OrleansRaft.Runtime.Machines;

/// <summary>What surrounds the code of every state machine: the invariant culture, and nothing of whoever asked for something.</summary>
/// <remarks>
/// A result that is written in the culture of the server's settings, or of the HTTP request whose thread happens to take the turn, would differ from
/// replica to replica.
/// </remarks>
internal static class MachineContext
{
    private static readonly ExecutionContext Bare = Make();

    /// <summary>Runs it there. What it sets for its thread, culture included, ends with it.</summary>
    public static void Run(ContextCallback work, object state) => ExecutionContext.Run(Bare, work, state);

    /// <summary>Only a thread of its own has no context to begin with.</summary>
    private static ExecutionContext Make()
    {
        ExecutionContext? made = null;
        var thread = new Thread(() =>
        {
            CultureInfo.CurrentCulture = CultureInfo.CurrentUICulture = CultureInfo.InvariantCulture;
            made = ExecutionContext.Capture();
        });
        thread.UnsafeStart();
        thread.Join();
        return made!;
    }
}
