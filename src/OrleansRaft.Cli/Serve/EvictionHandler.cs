namespace OrleansRaft.Cli.Serve;

/// <summary>
/// Hears of what Orleans cannot live with: above all that the other silos declared this one dead. Orleans' own handler would abort the process with a
/// core dump; a supervisor wants a prompt end and a number that says "start me again".
/// </summary>
/// <param name="onFatal">Told once what happened.</param>
internal sealed class EvictionHandler(Action<string> onFatal) : IFatalErrorHandler
{
    private int told;

    /// <inheritdoc/>
    public bool IsUnexpected(Exception exception) => exception is not (OperationCanceledException or ObjectDisposedException);

    /// <inheritdoc/>
    public void OnFatalException(object? sender, string? context, Exception? exception)
    {
        if (Interlocked.Exchange(ref told, 1) == 0)
        {
            onFatal(context ?? exception?.Message ?? "Orleans gave no reason");
        }
    }
}
