using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansRaft.Core;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Runtime.Levels;

/// <summary>What a cluster remembers of feature levels, in its store: at which it works, and what each silo's program supports.</summary>
/// <remarks>
/// A value, and the rules by which it changes; whoever keeps it makes each change in one step. A level is raised when every silo that is known
/// supports it, by its last report: one that is absent counts, since it may come back with the program that it had. It is never lowered.
/// </remarks>
/// <param name="InForce">The level at which the cluster works.</param>
/// <param name="Silos">The silos that are known, by name.</param>
public sealed record ClusterLevels(int InForce, ImmutableArray<SiloLevel> Silos)
{
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web);

    /// <summary>What a cluster begins with that begins with one silo.</summary>
    /// <param name="first">The silo.</param>
    public static ClusterLevels Beginning(SiloLevel first)
    {
        ArgumentNullException.ThrowIfNull(first);
        return new ClusterLevels(first.Newest, [first]);
    }

    /// <summary>Takes the report of a silo, before it joins.</summary>
    /// <param name="silo">What its program supports.</param>
    /// <exception cref="StoreRefusedException">The program cannot take part: the message says why, and what to do.</exception>
    public ClusterLevels With(SiloLevel silo)
    {
        ArgumentNullException.ThrowIfNull(silo);
        Require(InForce, silo.Newest);
        if (Find(silo.Name) == silo)
        {
            return this;
        }

        var reported = Silos.Where(other => other.Name != silo.Name).Append(silo);
        return this with { Silos = [.. reported.OrderBy(static one => one.Name, StringComparer.Ordinal)] };
    }

    /// <summary>Forgets the former names of a silo: those that held its local store before, and are not there.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="present">The names of the silos that are there.</param>
    public ClusterLevels WithoutFormerNames(SiloLevel silo, IReadOnlyCollection<string> present)
    {
        ArgumentNullException.ThrowIfNull(silo);
        ArgumentNullException.ThrowIfNull(present);
        bool IsFormer(SiloLevel other) =>
            silo.Store.Length > 0 && other.Store == silo.Store && other.Name != silo.Name && !present.Contains(other.Name);
        return Silos.Any(IsFormer) ? this with { Silos = [.. Silos.Where(other => !IsFormer(other))] } : this;
    }

    /// <summary>What is known of a silo; null for nothing.</summary>
    public SiloLevel? Find(string name) => Silos.FirstOrDefault(silo => silo.Name == name);

    /// <summary>The latest level that every silo supports; the one in force where nothing later is.</summary>
    /// <param name="without">The names of silos that do not count, because they will not come back.</param>
    public int Reachable(IReadOnlyCollection<string> without) =>
        Silos.Where(silo => !silo.HasLeft && !without.Contains(silo.Name)).Select(static silo => silo.Newest).DefaultIfEmpty(InForce).Min();

    /// <summary>Goes over to the latest level that every silo supports.</summary>
    /// <param name="without">The names of silos that will not come back: they have left from then on.</param>
    /// <returns>Null when that is not later than the one in force.</returns>
    public ClusterLevels? Advance(IReadOnlyCollection<string> without)
    {
        ArgumentNullException.ThrowIfNull(without);
        var reached = Reachable(without);
        return reached > InForce ? Without(without) with { InForce = reached } : null;
    }

    /// <summary>Silos leave for good: from then on what their programs support holds nobody up.</summary>
    /// <param name="names">Their names. One that has a local store is remembered, since all local stores must have been heard of.</param>
    public ClusterLevels Without(IReadOnlyCollection<string> names) => this with
    {
        Silos =
        [
            .. from silo in Silos
               let leaves = names.Contains(silo.Name)
               where !leaves || silo.Store.Length > 0
               select leaves ? silo with { HasLeft = true } : silo,
        ],
    };

    /// <summary>Refuses a program that does not support the level at which a cluster works.</summary>
    /// <param name="inForce">The level at which it works.</param>
    /// <param name="newest">The newest that the program supports.</param>
    /// <exception cref="StoreRefusedException">The program is too old, or too new.</exception>
    public static void Require(int inForce, int newest)
    {
        if (inForce > newest)
        {
            throw new StoreRefusedException(
                $"the cluster works at feature level {inForce}, and this program supports levels up to {newest}: it is too old, and a level is never "
                    + "lowered. Start a program that is as new as the other silos'; `oraft cluster versions` tells what they support");
        }

        if (inForce < FeatureLevels.Oldest)
        {
            throw new StoreRefusedException(
                $"the cluster works at feature level {inForce}, and this program supports levels from {FeatureLevels.Oldest} on: it is too new. "
                    + "Upgrade all silos to a program between the two first, and finalize that (`oraft cluster finalize`)");
        }
    }

    /// <summary>Writes the stored form: JSON, for people too.</summary>
    public string Write() => JsonSerializer.Serialize(new Row(InForce, [.. Silos]), Format);

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="CorruptDataException">The text is something else.</exception>
    public static ClusterLevels Read(string text)
    {
        try
        {
            return JsonSerializer.Deserialize<Row>(text, Format) is { Level: > 0, Silos: not null } row
                && !Array.Exists(row.Silos, static silo => silo?.Name is null)
                ? new ClusterLevels(row.Level, [.. row.Silos])
                : throw new CorruptDataException("what the store remembers of feature levels is damaged: it lacks the level, or its silos");
        }
        catch (JsonException exception)
        {
            throw new CorruptDataException($"what the store remembers of feature levels is damaged: {exception.Message}", exception);
        }
    }

    /// <inheritdoc/>
    public bool Equals(ClusterLevels? other) => other is not null && InForce == other.InForce && Silos.SequenceEqual(other.Silos);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(InForce, Silos.Length);

    private sealed record Row(int Level, SiloLevel[] Silos);
}

/// <summary>What a silo said when it last started.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Newest">The newest feature level that its program supports.</param>
/// <param name="Store">The id of its local store; empty where it keeps its logs in a shared one.</param>
/// <param name="Program">The version of its program, for people.</param>
/// <param name="HasLeft">Whether it left for good after that.</param>
public sealed record SiloLevel(
    string Name,
    int Newest,
    string Store = "",
    string Program = "",
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool HasLeft = false);
