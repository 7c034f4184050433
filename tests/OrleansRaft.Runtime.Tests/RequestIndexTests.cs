using OrleansRaft.Runtime.Sessions;

namespace OrleansRaft.Runtime.Tests;

public sealed class RequestIndexTests
{
    /// <summary>Few hashes, so that they collide; entries go in the order in which they came, as ids do, and others in no order.</summary>
    [Fact]
    public void Finds_every_entry_under_its_hash_and_none_that_was_removed()
    {
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        var index = new RequestIndex();
        var held = new List<(int Hash, LogIndex Entry)>();
        var last = new LogIndex(random.NextInt64(1, 1L << 50));
        for (var step = 0; step < 30_000; step++)
        {
            var grows = (step / 5_000) % 2 == 0;
            if (held.Count == 0 || random.Next(0, 10) < (grows ? 8 : 2))
            {
                last += random.Next(1, 1_000_000);
                held.Add((Hash(random), last));
                index.Add(held[^1].Hash, last);
            }
            else
            {
                var place = random.Next(0, 4) == 0 ? random.Next(0, held.Count) : 0;
                index.Remove(held[place].Hash, held[place].Entry);
                held.RemoveAt(place);
            }

            if (step % 100 == 0)
            {
                var hash = Hash(random);
                Found(index, hash).Order().ShouldBe(
                    held.Where(one => IsSame(one.Hash, hash)).Select(one => one.Entry).Order(), $"with the seed {seed}, at step {step}");
            }
        }

        foreach (var (hash, entry) in held)
        {
            Found(index, hash).ShouldContain(entry, $"with the seed {seed}");
        }
    }

    [Fact]
    public void Nothing_is_found_where_nothing_is()
    {
        var index = new RequestIndex();

        Found(index, 7).ShouldBeEmpty();

        index.Add(7, new LogIndex(1));
        index.Remove(7, new LogIndex(1));
        Found(index, 7).ShouldBeEmpty();
    }

    private static int Hash(Random random) =>
        random.Next(0, 3) == 0 ? int.MinValue + (random.Next(0, 50) << 9) : random.Next(int.MinValue, int.MaxValue);

    // Only the 23 upper bits tell hashes apart.
    private static bool IsSame(int left, int right) => (uint)left >> 9 == (uint)right >> 9;

    private static List<LogIndex> Found(RequestIndex index, int hash)
    {
        var found = new List<LogIndex>();
        for (var slot = -1; index.TryNext(hash, ref slot, out var entry);)
        {
            found.Add(entry);
        }

        return found;
    }
}
