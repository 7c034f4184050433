using System.Collections.Concurrent;

namespace OrleansRaft.Integration.Tests.Library;

/// <summary>Customers who buy at one stall, piece by piece, while silos go over to another program, and keep what they were answered.</summary>
internal sealed class Customers
{
    private const int Count = 3;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(20);

    private readonly ConcurrentQueue<long> answers = [];
    private readonly CancellationTokenSource stopping = new();
    private readonly IGrainFactory grains;
    private readonly Task buying;

    public Customers(IGrainFactory grains)
    {
        this.grains = grains;
        buying = Task.WhenAll(Enumerable.Range(0, Count).Select(BuyAsync));
    }

    public IStall Stall => grains.GetReplicatedGrain<IStall>("s").With(Patience);

    /// <summary>Lets them buy some more.</summary>
    public Task BuyMoreAsync()
    {
        var enough = answers.Count + 5;
        return Grains.RaftTestCluster.EventuallyAsync(() => Task.FromResult(
            buying.IsFaulted ? $"{buying.Exception}" : answers.Count >= enough ? null : $"{answers.Count} of {enough} purchases"));
    }

    /// <summary>
    /// Ends it. Each answer was the sum after its purchase: one more than the one before it until the version was raised, ten more since then; so
    /// nothing was lost or made twice, and no replica did the one while another did the other.
    /// </summary>
    public async Task RequireEveryPurchaseAsync()
    {
        await stopping.CancelAsync();
        await buying;
        long[] sums = [0, .. answers.Order()];
        var steps = sums.Skip(1).Zip(sums, static (sum, before) => sum - before).ToList();
        var (former, later) = (steps.TakeWhile(static step => step == 1).Count(), steps.SkipWhile(static step => step == 1).ToList());

        former.ShouldBeGreaterThan(0);
        later.ShouldNotBeEmpty();
        later.ShouldAllBe(static step => step == 10);
        (await Stall.Look()).ShouldBe(sums[^1]);
    }

    private async Task BuyAsync(int customer)
    {
        for (var number = 0; !stopping.IsCancellationRequested; number++)
        {
            answers.Enqueue(await Stall.With($"{customer}-{number}").Buy(1));
            await Task.Delay(Rest);
        }
    }
}
