using System.Threading.Channels;

namespace OrleansRaft.Grains.Replicas;

/// <summary>Tells what works on the catalogue on this silo that there is something to do. Any thread.</summary>
internal sealed class CatalogueSignal
{
    private readonly Channel<bool> nudges = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>There is.</summary>
    public void Nudge() => nudges.Writer.TryWrite(true);

    /// <summary>Waits until there is, or for a while.</summary>
    public async Task WaitAsync(TimeSpan pause, TimeProvider time, CancellationToken cancellation)
    {
        try
        {
            await nudges.Reader.ReadAsync(cancellation).AsTask().WaitAsync(pause, time, cancellation);
        }
        catch (TimeoutException)
        {
            return;
        }
    }
}
