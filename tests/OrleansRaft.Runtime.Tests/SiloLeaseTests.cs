using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Runtime.Tests;

public sealed class SiloLeaseTests
{
    /// <summary>A silo that stops while its store fails must still go through the rest of its stopping.</summary>
    [Fact]
    public async Task Ends_whatever_an_extension_that_is_under_way_ends_with()
    {
        var (begun, failures) = (new TaskCompletionSource(), new List<Exception>());
        var lease = new SiloLease(new LeaseTimes(), TimeProvider.System, ExtendAsync, static () => { }, failures.Add);
        lease.Start();
        await begun.Task;

        await lease.DisposeAsync();

        lease.IsValid.ShouldBeFalse();
        failures.ShouldBeEmpty();

        async Task<bool> ExtendAsync(CancellationToken cancellation)
        {
            begun.SetResult();
            await Task.WhenAny(Task.Delay(Timeout.Infinite, cancellation));
            throw new InvalidOperationException("the store has gone");
        }
    }
}
