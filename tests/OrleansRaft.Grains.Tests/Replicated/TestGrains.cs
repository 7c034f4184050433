using Orleans.Concurrency;

namespace OrleansRaft.Grains.Tests.Replicated;

[Alias("test.IAccount")]
public interface IAccount : IReplicatedGrain
{
    [Alias("Deposit")]
    Task<decimal> Deposit(decimal amount);

    [Alias("Withdraw")]
    Task<decimal> Withdraw(decimal amount);

    [Alias("Send")]
    Task Send(string to, decimal amount);

    [Alias("Try")]
    Task<bool> TrySend(string to, decimal amount);

    [Alias("Close")]
    ValueTask Close();

    [ReadOnly, Alias("Balance")]
    ValueTask<decimal> Balance();

    [ReadOnly, Alias("Total")]
    Task<decimal> Total(string[] keys);

    [ReadOnly, Alias("Sneak")]
    Task Sneak();

    [Alias("Throw")]
    Task Throw(string kind);

    [Alias("Note")]
    Task<int> Note(List<string> texts);

    [Alias("Wait")]
    Task Wait();

    [Alias("Cancel")]
    Task<bool> SeesCancellation(CancellationToken cancellation);

    [Alias("Large")]
    Task<byte[]> Answer(int bytes);

    [Alias("Fill")]
    Task Fill(int bytes);

    [Alias("Deep")]
    Task<int> Deep(int depth);

    [Alias("Whole")]
    ValueTask<object> AnswerAnything(bool isKnown);
}

[GenerateSerializer, Alias("test.AccountState")]
public sealed class AccountState
{
    [Id(0)]
    public decimal Balance { get; set; }

    [Id(1)]
    public List<string> Notes { get; set; } = [];

    [Id(2)]
    public byte[] Filling { get; set; } = [];
}

[GenerateSerializer, Alias("test.Overdrawn")]
public sealed class OverdrawnException(string message, decimal missing) : Exception(message)
{
    [Id(0)]
    public decimal Missing { get; private set; } = missing;
}

/// <summary>An exception of the application that nobody told Orleans of.</summary>
public sealed class UntoldException(string message) : Exception(message);

public sealed class UnknownToOrleans;

[Alias("test.Account")]
public sealed class Account : ReplicatedGrain<AccountState>, IAccount
{
    public Task<decimal> Deposit(decimal amount)
    {
        State.Balance += amount;
        return Task.FromResult(State.Balance);
    }

    public Task<decimal> Withdraw(decimal amount)
    {
        State.Balance -= amount;
        return State.Balance < 0
            ? throw new OverdrawnException($"{Key} lacks money", -State.Balance)
            : Task.FromResult(State.Balance);
    }

    public async Task Send(string to, decimal amount)
    {
        await Local<IAccount>(to).Deposit(amount);
        await Withdraw(amount);
    }

    public async Task<bool> TrySend(string to, decimal amount)
    {
        State.Balance -= amount;
        try
        {
            await Local<IAccount>(to).Withdraw(-amount - 1_000_000);
            return true;
        }
        catch (OverdrawnException)
        {
            State.Balance += amount;
            return false;
        }
    }

    public ValueTask Close()
    {
        ClearState();
        return ValueTask.CompletedTask;
    }

    public ValueTask<decimal> Balance() => new(State.Balance);

    public async Task<decimal> Total(string[] keys)
    {
        decimal total = 0;
        foreach (var key in keys)
        {
            total += await Local<IAccount>(key).Balance();
        }

        return total;
    }

    public Task Sneak()
    {
        State.Balance = 1_000_000;
        return Task.CompletedTask;
    }

    public Task Throw(string kind)
    {
        State.Balance = -1;
        throw kind switch
        {
            "untold" => new UntoldException("never seen"),
            "missing" => new KeyNotFoundException("The given key 'x' was not present in the dictionary."),
            "memory" => new InsufficientMemoryException(),
            "file" => new FileNotFoundException("no such file", "/etc/bank"),
            "nested" => new InvalidOperationException("outer", new InsufficientMemoryException()),
            _ => new ArgumentException(kind),
        };
    }

    public Task<int> Note(List<string> texts)
    {
        State.Notes = texts;
        texts.Add("and so on");
        return Task.FromResult(State.Notes.Count);
    }

    public async Task Wait() => await Task.Yield();

    public Task<bool> SeesCancellation(CancellationToken cancellation) => Task.FromResult(cancellation.IsCancellationRequested);

    public Task<byte[]> Answer(int bytes)
    {
        State.Balance++;
        return Task.FromResult(new byte[bytes]);
    }

    public Task Fill(int bytes)
    {
        State.Filling = new byte[bytes];
        return Task.CompletedTask;
    }

    public async Task<int> Deep(int depth) => depth == 0 ? 0 : 1 + await Local<IAccount>(Key).Deep(depth - 1);

    public ValueTask<object> AnswerAnything(bool isKnown)
    {
        State.Balance++;
        return new(isKnown ? "text" : new UnknownToOrleans());
    }
}

[Alias("test.IDiary")]
public interface IDiary : IReplicatedGrain
{
    [Alias("Tell")]
    Task<DiaryEntry> Tell();

    [Alias("Drop")]
    Task Drop(string word);

    [Alias("Now"), ReadOnly]
    Task<DateTimeOffset> Now();

    [Alias("Add")]
    Task<string> Add(string word);
}

[GenerateSerializer, Alias("test.DiaryEntry")]
public sealed record DiaryEntry(
    [property: Id(0)] DateTimeOffset Time,
    [property: Id(1)] long Index,
    [property: Id(2)] string? RequestId,
    [property: Id(3)] List<int> Numbers,
    [property: Id(4)] Guid[] Ids,
    [property: Id(5)] int Version,
    [property: Id(6)] TimeSpan Elapsed);

[GenerateSerializer, Alias("test.DiaryState")]
public sealed class DiaryState
{
    [Id(0)]
    public Dictionary<string, int> Words { get; set; } = [];
}

/// <summary>Its state has a dictionary, which goes through its items in another order after a removal than after it was read.</summary>
[Alias("test.Diary")]
public sealed class Diary : ReplicatedGrain<DiaryState>, IDiary
{
    public Task<DiaryEntry> Tell() => Task.FromResult(new DiaryEntry(
        Context.Time,
        Context.Entry.Index.Value,
        Context.RequestId,
        [Context.Random.Next(1_000_000), Context.Random.Next(1_000_000)],
        [Context.NewGuid(), Context.NewGuid()],
        Context.Version,
        Context.Elapsed));

    public Task<DateTimeOffset> Now() => Task.FromResult(Context.Time);

    public Task Drop(string word)
    {
        State.Words.Remove(word);
        return Task.CompletedTask;
    }

    public Task<string> Add(string word)
    {
        State.Words[word] = State.Words.Count;
        return Task.FromResult(string.Join(',', State.Words.Keys));
    }
}

[Alias("test.IClerk")]
public interface IClerk : IReplicatedGrain
{
    [Alias("Sign")]
    Task<string> Sign(string text);
}

[GenerateSerializer, Alias("test.ClerkState")]
public sealed class ClerkState;

/// <summary>Takes a service, and calls grains of another class.</summary>
[Alias("test.Clerk")]
public sealed class Clerk(Stamp stamp) : ReplicatedGrain<ClerkState>, IClerk
{
    public async Task<string> Sign(string text)
    {
        await Local<IAccount>("fees").Deposit(1);
        return stamp.Put(text);
    }
}

public sealed class Stamp
{
    public string Put(string text) => $"[{text}]";
}

/// <summary>Two programs of one grain: the later one has a method, a member and a parameter more, and charges another fee.</summary>
[Alias("test.IShop")]
public interface IShop : IReplicatedGrain
{
    [Alias("Buy")]
    Task<int> Buy(int pieces, [Since(2)] int discount = 0);

    [Alias("Return"), Since(2)]
    Task<int> Return(int pieces);

    [ReadOnly, Alias("Look")]
    Task<int> Look();
}

[GenerateSerializer, Alias("test.ShopState")]
public sealed class NewShopState
{
    [Id(0)]
    public int Sold { get; set; }

    [Id(1), Since(2)]
    public int Returned { get; set; }

    [Id(2)]
    public string? Motto { get; set; }
}

[GenerateSerializer, Alias("test.OldShopState")]
public sealed class OldShopState
{
    [Id(0)]
    public int Sold { get; set; }
}

/// <summary>The earlier program.</summary>
public sealed class OldShop : ReplicatedGrain<OldShopState>, IShop
{
    public Task<int> Buy(int pieces, int discount = 0) => Task.FromResult(State.Sold += pieces);

    public Task<int> Return(int pieces) => throw new NotSupportedException();

    public Task<int> Look() => Task.FromResult(State.Sold);
}

/// <summary>The later program.</summary>
public sealed class NewShop : ReplicatedGrain<NewShopState>, IShop
{
    public Task<int> Buy(int pieces, int discount = 0) => Task.FromResult(State.Sold += Context.Version >= 2 ? 10 * pieces - discount : pieces);

    public Task<int> Return(int pieces)
    {
        State.Returned += pieces;
        return Task.FromResult(State.Returned);
    }

    public Task<int> Look() => Task.FromResult(State.Sold - State.Returned);
}

[Alias("test.ILabel")]
public interface ILabel : IReplicatedGrain
{
    [Alias("Print")]
    Task Print(bool isSecond);

    [Alias("Stick")]
    Task<int> Stick();

    [Alias("StickAndThrow")]
    Task StickAndThrow();

    [Alias("Swap")]
    Task Swap();

    [Alias("Peel")]
    Task Peel();
}

[GenerateSerializer, Alias("test.LabelState")]
public sealed class LabelState
{
    [Id(0)]
    public int Times { get; set; }

    [Id(1)]
    public string First { get; set; } = "";

    [Id(2)]
    public string Second { get; set; } = "";

    [Id(3)]
    public byte[] Picture { get; set; } = [];
}

/// <summary>Has texts in its state: those that were read with it, or its program's own.</summary>
[Alias("test.Label")]
public sealed class Label : ReplicatedGrain<LabelState>, ILabel
{
    private const string Text = "fragile";

    public Task Print(bool isSecond)
    {
        (State.First, State.Second) = isSecond ? (State.First, Text) : (Text, State.Second);
        return Task.CompletedTask;
    }

    public Task<int> Stick() => Task.FromResult(++State.Times);

    public Task StickAndThrow()
    {
        State.Times++;
        throw new ArgumentException("it fell off");
    }

    public Task Swap()
    {
        (State.First, State.Second) = (State.Second, State.First);
        return Task.CompletedTask;
    }

    public Task Peel()
    {
        ClearState();
        return Task.CompletedTask;
    }
}
